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

export interface Bars {
  node: HTMLElement;
  draw(scene: ItemScene, look: BarLook, notes?: string[]): void;
}

export function createBars(label: string): Bars {
  const node = make("ol", { class: "whylight-bars", "aria-label": label });
  let order: number[] = [];

  const draw = (scene: ItemScene, look: BarLook, notes: string[] = []) => {
    const { items } = scene;
    // While a run refines, rows keep their places.
    if (scene.final || order.length !== items.length) order = byRank(items);
    const low = Math.min(0, ...items.map((item) => item.value ?? 0));
    const high = Math.max(0, ...items.map((item) => item.value ?? 0));
    const span = high - low || 1;
    node.style.setProperty("--whylight-zero", `${(100 * -low) / span}%`);
    node.replaceChildren(...order.map((i) => row(items[i]!, notes[i] ?? "", scene, look, low, span)));
  };
  return { node, draw };
}

function byRank(items: Item[]): number[] {
  return items.map((_, i) => i).sort((a, b) => items[a]!.rank - items[b]!.rank);
}

function row(
  item: Item,
  note: string,
  scene: ItemScene,
  look: BarLook,
  low: number,
  span: number,
): HTMLElement {
  const value = item.value ?? 0;
  const bar = make("span", { class: "whylight-bar" });
  bar.style.left = `${(100 * (Math.min(0, value) - low)) / span}%`;
  bar.style.width = `${(100 * Math.abs(value)) / span}%`;
  bar.style.background = css(colorAt(look.colormap, look.dark, scene.scale.position(value)));
  const error = item.error ? ` ± ${number(item.error)}` : "";
  const text = item.value === null ? "" : unit(signed(item.value), scene.unit);
  return make(
    "li",
    { class: "whylight-row", title: item.value === null ? null : `${text}${error}, rank ${item.rank}` },
    make(
      "span",
      { class: "whylight-row-name" },
      item.text,
      note && make("span", { class: "whylight-row-note" }, note),
    ),
    make("span", { class: "whylight-track", "aria-hidden": "true" }, bar),
    make("span", { class: "whylight-row-value" }, text),
    make("span", { class: "whylight-row-share" }, item.value === null ? "" : percent(item.share)),
  );
}
