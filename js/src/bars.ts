// Signed bars that grow from a zero line, strongest first: features, and the ranked list of a text.
// Knows nothing about models, traits or where the values come from.
import { colorAt, css } from "./color";
import { make } from "./dom";
import { number, percent, signed, unit } from "./format";
import type { Item, ItemScene } from "./scene";

export interface BarLook {
  colormap: string;
  dark: boolean;
}

export class Bars {
  readonly node: HTMLElement;
  #order: number[] = [];

  constructor(label: string) {
    this.node = make("ol", { class: "whylight-bars", "aria-label": label });
  }

  /**
   * `notes` stand beside the names: the values of features. `range` is what the track spans, by default the values;
   * `ranked` are the items whose ranks order the rows, by default its own.
   */
  draw(
    scene: ItemScene,
    look: BarLook,
    notes: string[] = [],
    range?: [number, number],
    ranked: Item[] = scene.items,
  ): void {
    const { items } = scene;
    // While a run refines, rows keep their places.
    if (scene.final || this.#order.length !== items.length) this.#order = byRank(ranked);
    const values = items.map((item) => item.value ?? 0);
    const low = range?.[0] ?? values.reduce((least, value) => Math.min(least, value), 0);
    const high = range?.[1] ?? values.reduce((most, value) => Math.max(most, value), 0);
    const span = high - low || 1;
    this.node.style.setProperty("--whylight-zero", `${(100 * -low) / span}%`);
    const rows = this.#order.map((i) =>
      row(items[i]!, notes[i], scene.unit, bar(items[i]!, scene, look, low, span)),
    );
    this.node.replaceChildren(...rows);
  }
}

function byRank(items: Item[]): number[] {
  return items.map((_, i) => i).sort((a, b) => items[a]!.rank - items[b]!.rank);
}

/** Length says how much, so colour may stay strong enough to be seen on the page. */
function bar({ value }: Item, { scale }: ItemScene, look: BarLook, low: number, span: number): HTMLElement {
  const element = make("span", { class: "whylight-bar" });
  if (!value) return element;
  const position = scale.position(value);
  const strong = position === 0 ? 0 : Math.sign(position) * (0.5 + 0.5 * Math.abs(position));
  element.style.left = `${(100 * (Math.min(0, value) - low)) / span}%`;
  element.style.width = `${(100 * Math.abs(value)) / span}%`;
  element.style.background = css(colorAt(look.colormap, look.dark, strong));
  return element;
}

function row(item: Item, note: string | undefined, unitName: string, bar: HTMLElement): HTMLElement {
  const known = item.value !== null;
  const error = item.error ? ` ± ${number(item.error)}` : "";
  const title = known ? `${unit(signed(item.value) + error, unitName)}, rank ${item.rank}` : null;
  return make(
    "li",
    { class: "whylight-row", title },
    make(
      "span",
      { class: "whylight-row-name" },
      item.text,
      note ? make("span", { class: "whylight-row-note" }, note) : null,
    ),
    make("span", { class: "whylight-track", "aria-hidden": "true" }, bar),
    make("span", { class: "whylight-row-value" }, known ? signed(item.value) : ""),
    make("span", { class: "whylight-row-share" }, known ? percent(item.share) : ""),
  );
}
