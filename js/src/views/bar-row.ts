// One row of a list of bars: a name, its own value, the bar with its number beside it, and a share.
// Knows nothing about the other rows or where the values come from.
import { percent, signed } from "../numbers";
import { colorAt, css } from "../paint/palette";
import type { BarAxis } from "../scenes/bar-axis";
import type { BarScene, Item } from "../scenes/items";
import type { Palette } from "../scenes/look";
import { focusable, make, setAttribute, setText } from "../ui/dom";

/** It stays the same element for as long as the list lives, so that it keeps the focus. */
export class BarRow {
  readonly node = make("li", { class: "whylight-row", role: "listitem" });
  #name = make("span", { class: "whylight-row-name" });
  #note = make("span", { class: "whylight-row-note" });
  #bar = make("span", { class: "whylight-bar" });
  #line = make("span", { class: "whylight-bar-span" });
  #mark = make("span", { class: "whylight-bar-mark" });
  #value = make("span", { class: "whylight-row-value" });
  #share = make("span", { class: "whylight-row-share" });
  #words = "";

  constructor(item: number) {
    const plot = make("span", { class: "whylight-bar-plot" }, this.#bar, this.#line, this.#mark, this.#value);
    this.node.append(
      this.#name,
      this.#note,
      make("span", { class: "whylight-track", "aria-hidden": "true" }, plot),
      this.#share,
    );
    this.node.dataset.item = this.node.dataset.keep = String(item);
    focusable(this.node);
    this.node.tabIndex = -1;
  }

  /** A field in place of the value, until it is done. */
  edit(field: (done: () => void) => HTMLElement | null): void {
    if (this.#note.firstElementChild) return;
    const done = () => {
      setText(this.#note, this.#words);
      this.node.focus();
    };
    const made = field(done);
    if (!made) return;
    this.#note.replaceChildren(made);
    made.focus();
    if (made instanceof HTMLInputElement) made.select();
  }

  draw(item: Item, note: string, words: string, axis: BarAxis, scene: BarScene, look: Palette): void {
    const value = item.value ?? 0;
    setText(this.#name, item.text);
    this.#words = note;
    if (!this.#note.firstElementChild) setText(this.#note, note);
    setAttribute(this.node, "aria-label", words);
    setAttribute(this.node, "aria-current", scene.chosen === Number(this.node.dataset.item) ? "true" : null);
    place(this.#bar, axis, Math.min(0, value), Math.max(0, value));
    this.#bar.hidden = value === 0;
    this.#bar.style.background = css(
      colorAt(look.colormap, look.dark, strength(scene.scale.position(value))),
    );
    this.#line.hidden = item.low === undefined;
    place(this.#line, axis, item.low ?? value, item.high ?? value);
    this.#mark.hidden = item.mark === undefined;
    this.#mark.style.left = axis.at(item.mark ?? 0);
    const right = value > 0 || (value === 0 && axis.low + axis.span > 0);
    this.#value.classList.toggle("whylight-row-value-left", !right);
    this.#value.style.left = axis.at(value);
    this.node.classList.toggle("whylight-row-unknown", item.unknown !== undefined);
    setText(this.#value, valueText(item));
    setText(this.#share, item.value === null ? "" : percent(item.share));
  }
}

/** What stands beside a bar. */
export function valueText({ value, unknown = "" }: Item): string {
  return value === null ? unknown : signed(value);
}

function place(element: HTMLElement, axis: BarAxis, from: number, to: number): void {
  element.style.left = axis.at(from);
  element.style.width = `${((100 * (to - from)) / axis.span).toFixed(3)}%`;
}

/** Length says how much, so colour may stay strong enough to be seen on the page. */
function strength(position: number): number {
  return position === 0 ? 0 : Math.sign(position) * (0.5 + 0.5 * Math.abs(position));
}
