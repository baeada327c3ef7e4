// One point of the path as the kind of input draws it, under its legend, on a colour scale of the whole path or of its own.
// Knows nothing about the curve, models or traits.
import { isDiverging } from "../../paint/palette";
import type { Look } from "../../scenes/look";
import { type PathPoint, scaleAndRange } from "../../scenes/path";
import { perAlpha } from "../../scenes/unit";
import { make } from "../../ui/dom";
import type { Drawing } from "../../ui/drawing";
import { type OptionGroup, selectField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import type { Followable } from "../../views/kind";

/** A point before it is known on which scale it is drawn. */
type Unscaled = Omit<PathPoint, "scale" | "range">;

const SCALES: OptionGroup[] = [
  {
    label: "",
    options: [
      { value: "path", label: "Whole path", hint: "One scale for all points: gradients are seen to fade" },
      {
        value: "point",
        label: "This point",
        hint: "A scale of its own for every point: faint patterns are seen",
      },
    ],
  },
];

export function createPathPoint(subject: Followable, signal: AbortSignal): Drawing<Unscaled> {
  const drawing = subject.pathPoint(signal);
  const legend = createLegend("right");
  let chosen = "path";
  let last: [Unscaled, Look] | null = null;
  const choose = (value: string) => {
    chosen = value;
    if (last) draw(...last);
  };
  const choice = selectField("Path scale", choose, signal);
  const draw: Drawing<Unscaled>["draw"] = (point, look) => {
    last = [point, look];
    const { path, at } = point;
    const values = chosen === "path" ? path.maps : at.map;
    const scaled = scaleAndRange(path, values, look, isDiverging(look.colormap));
    choice.offer(SCALES, chosen);
    drawing.draw({ ...point, ...scaled }, look);
    legend.draw({ scale: scaled.scale, unit: perAlpha(path.unit) }, look);
  };
  const foot = make("div", { class: "whylight-path-scale" }, legend.node, choice.node);
  const classes = `whylight-path-stage whylight-path-${subject.kind}`;
  return { node: make("div", { class: classes }, drawing.node, foot), draw };
}
