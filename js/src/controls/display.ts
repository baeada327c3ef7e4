// The controls that decide how the answer is painted: view, colours, sign, clipping, opacity. They never need Python.
// Knows nothing about frames or drawing.
import type { ViewOptions } from "../kernel/options";
import { given, percent, unit } from "../numbers";
import { createDisclosure, type Disclosure } from "../ui/disclosure";
import { optionList, rangeField, selectField } from "../ui/fields";
import type { OnChange } from "../views/kind";

export interface Display {
  /** Where there are several ways to lay out the input. */
  view: HTMLElement | null;
  panel: Disclosure;
  sync(options: ViewOptions): void;
}

const COLORMAPS = optionList({
  RdBu: "Red–blue",
  PuOr: "Orange–purple",
  viridis: "Viridis, magnitude",
  gray: "Gray, magnitude",
});
const SIGNS = optionList({
  all: "All values",
  positive: "Supporting only",
  negative: "Opposing only",
  absolute: "Magnitude",
});
const CLIP = { min: 50, max: 100, step: 0.5 };
const CLIP_HINT =
  "The percentile of |value| that gets full colour; lower it when a few values outshine the rest";
const OPACITY = { min: 0, max: 1, step: 0.05 };
const OPACITY_HINT = "Opacity of the heatmap over the picture, in the overlay view";

export function createDisplay(
  layouts: Record<string, string> | null,
  overlay: boolean,
  set: OnChange,
  signal: AbortSignal,
): Display {
  const layoutOptions = layouts && optionList(layouts);
  const view = selectField(
    "View",
    (value) => set({ view: value }),
    signal,
    "How input and attribution are laid out",
  );
  const colormap = selectField(
    "Color map",
    (value) => set({ colormap: value as ViewOptions["colormap"] }),
    signal,
    "Warm supports the target, cool opposes it",
  );
  const sign = selectField(
    "Sign",
    (value) => set({ sign: value as ViewOptions["sign"] }),
    signal,
    "Which values are painted",
  );
  const clip = rangeField("Clip percentile", CLIP, (value) => set({ clip: value }), signal, CLIP_HINT);
  const opacity = rangeField("Opacity", OPACITY, (value) => set({ opacity: value }), signal, OPACITY_HINT);
  const fields = [colormap.node, sign.node, clip.node, ...(overlay ? [opacity.node] : [])];
  const panel = createDisclosure("Display", fields, signal);
  const sync = (now: ViewOptions) => {
    if (layoutOptions) view.offer(layoutOptions, now.view);
    colormap.offer(COLORMAPS, now.colormap);
    sign.offer(SIGNS, now.sign);
    clip.show(now.clip, unit(given(now.clip), "%"));
    opacity.show(now.opacity, percent(now.opacity));
  };
  return { view: layoutOptions ? view.node : null, panel, sync };
}
