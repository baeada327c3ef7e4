// The controls that decide how the answer is painted: view, colours, sign, clipping, opacity. They never need Python.
// Knows nothing about frames or drawing.
import type { ViewOptions } from "../kernel/options";
import { given, percent, unit } from "../numbers";
import { createDisclosure, type Disclosure } from "../ui/disclosure";
import { optionList, rangeField, selectField } from "../ui/fields";
import type { InputKind, OnChange } from "../views/kind";

/** What can be chosen of how an input is laid out. */
export interface Ways extends Pick<InputKind, "overlay"> {
  layouts: Record<string, string> | null;
  /** How much can be told at a time. */
  details?: string[] | undefined;
}

export interface Display {
  /** How the input is laid out, and how much is told at a time, where there are several ways. */
  layout: HTMLElement[];
  panel: Disclosure;
  sync(options: ViewOptions): void;
}

const DETAILS = { spotlight: "Spotlight", regions: "Regions", pixels: "Pixels" };
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
  { layouts, details, overlay }: Ways,
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
  const offered = Object.entries(DETAILS).filter(([name]) => details?.includes(name));
  const detailOptions = offered.length > 1 && optionList(Object.fromEntries(offered));
  const detail = selectField(
    "Detail",
    (value) => set({ detail: value as ViewOptions["detail"] }),
    signal,
    "How much is told at a time: where the answer lies, sums of regions, or every pixel",
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
    if (detailOptions) detail.offer(detailOptions, now.detail);
    colormap.offer(COLORMAPS, now.colormap);
    sign.offer(SIGNS, now.sign);
    clip.show(now.clip, unit(given(now.clip), "%"));
    opacity.show(now.opacity, percent(now.opacity));
  };
  const layout = [...(detailOptions ? [detail.node] : []), ...(layoutOptions ? [view.node] : [])];
  return { layout, panel, sync };
}
