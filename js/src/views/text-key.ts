// What the marks under and around words mean, with a sample of each.
// Knows nothing about the words.
import { isDiverging } from "../paint/palette";
import type { ItemScene } from "../scenes/items";
import type { Palette } from "../scenes/look";
import { make } from "../ui/dom";
import type { Drawing } from "../ui/drawing";

export function createTextKey(): Drawing<ItemScene> {
  const up = make("span", { class: "whylight-key-up" }, "supports");
  const down = make("span", { class: "whylight-key-down" }, "opposes");
  const more = make("span", {}, "the thicker, the stronger");
  const place = make("span", { class: "whylight-key-explained" }, "its label is explained");
  const node = make("p", { class: "whylight-text-key" }, up, down, more, place);
  const draw = ({ items }: ItemScene, { colormap }: Palette) => {
    up.hidden = down.hidden = !isDiverging(colormap);
    place.hidden = !items.some(({ explained }) => explained);
  };
  return { node, draw };
}
