// How things are to look: the options of painting, on a light or a dark page.
// Knows nothing about what is painted.
import type { ViewOptions } from "../kernel/options";

export interface Look extends ViewOptions {
  dark: boolean;
}

/** Which colours: of a map, on a light or a dark page. */
export type Palette = Pick<Look, "colormap" | "dark">;
