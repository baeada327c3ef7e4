// What the model saw at one point of the path to a row of features: their values on the way, and the slope's bars.
// Knows nothing about the curve, models or traits.
import type { FeaturesInput } from "../kernel/protocol";
import { own } from "../numbers";
import { type PathPoint, pathItems } from "../scenes/path";
import { ranks } from "../scenes/statistics";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { alphaText, mapCaption } from "../wording/path";
import { Bars } from "./bars";

export function featuresPathPoint(input: FeaturesInput): Drawing<PathPoint> {
  const bars = new Bars("Features on the path", { head: "Feature" });
  const above = make("p", { class: "whylight-caption" });
  const node = make("div", { class: "whylight-path-features" }, above, bars.node);
  const draw: Drawing<PathPoint>["draw"] = (point, look) => {
    const { path, at, range, answer } = point;
    setText(above, `Values at α ${alphaText(at.alpha)}; bars: ${mapCaption(path, at)}`);
    const rank = ranks(answer ?? at.map);
    const scene = pathItems(point, input.names, at.map);
    const items = scene.items.map((item, i) => ({ ...item, rank: rank[i]! }));
    const notes = input.values.map((x, i) => valueNote(x, path.start?.data[i], at.alpha));
    bars.draw({ ...scene, items, notes, range }, look);
  };
  return { node, draw };
}

/** x' + α (x − x'). */
function valueNote(x: number | string | null, start: number | undefined, alpha: number): string {
  if (typeof x !== "number" || start === undefined || Number.isNaN(start)) return own(x);
  return own(start + alpha * (x - start));
}
