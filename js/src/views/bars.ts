// Signed bars that grow from a zero line, each with its value at its end: features, and the ranked list of a text.
// Knows nothing about models, traits or where the values come from.
import { percent, signed } from "../numbers";
import { colorAt, css } from "../paint/palette";
import type { BarScene, Item } from "../scenes/items";
import type { Look, Palette } from "../scenes/look";
import { focusable, make, setAttribute, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { createTooltip } from "../ui/tooltip";
import { barText } from "../wording/items";

/** Where a value lies between the ends of all bars, 0..1. */
interface Axis {
  low: number;
  span: number;
  at(value: number): string;
}

export class Bars implements Drawing<BarScene> {
  readonly node: HTMLElement;
  #list: HTMLOListElement;
  #tip: ReturnType<typeof createTooltip>;
  #rows: Row[] = [];
  #order: number[] = [];
  #words: string[] = [];
  #choose: ((item: number) => void) | undefined;

  /** With `choose` a row can be chosen, by a click or Enter. */
  constructor(label: string, choose?: (item: number) => void) {
    this.#choose = choose;
    this.#list = make("ol", { class: "whylight-bars", "aria-label": label, role: "list" });
    this.node = make("div", { class: "whylight-bars-frame" }, this.#list);
    this.#tip = createTooltip(this.node);
    this.node.append(this.#tip.node);
    const list = this.#list;
    list.addEventListener("pointerover", (event) => this.#tell(event.target));
    list.addEventListener("pointerleave", this.#tip.hide);
    list.addEventListener("scroll", this.#tip.hide);
    list.addEventListener("focusin", (event) => this.#tell(event.target));
    list.addEventListener("focusout", this.#tip.hide);
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => this.#take(event.target));
    list.classList.toggle("whylight-bars-choice", choose !== undefined);
  }

  draw(scene: BarScene, look: Look): void {
    const { items, notes = [], range, ranked = items } = scene;
    if (this.#rows.length !== items.length) this.#rows = items.map((_, i) => new Row(i));
    this.#arrange(scene, ranked);
    const axis = axisOf(items, range);
    this.#list.style.setProperty("--whylight-zero", axis.at(0));
    this.#list.style.setProperty("--whylight-value", room(items));
    this.#list.classList.toggle("whylight-bars-noted", notes.some(Boolean));
    this.#list.classList.toggle("whylight-bars-left", axis.low < 0);
    this.#list.classList.toggle("whylight-bars-right", axis.low + axis.span > 0);
    this.#words = items.map((item, i) => barText(item, notes[i], scene));
    this.#rows.forEach((row, i) => {
      row.draw(items[i]!, notes[i] ?? "", this.#words[i]!, axis, scene, look);
    });
  }

  /** While a run refines, rows keep their places. */
  #arrange({ items, order, final }: BarScene, ranked: Item[]): void {
    const wanted = order ?? byRank(ranked);
    const kept = this.#order.length === items.length && !final && !order;
    if (kept || same(wanted, this.#order)) return;
    this.#order = wanted;
    const focused = this.#rows.find((row) => row.node === document.activeElement);
    this.#list.replaceChildren(...wanted.map((i) => this.#rows[i]!.node));
    for (const row of this.#rows) row.node.tabIndex = -1;
    const start = focused?.node ?? this.#rows[wanted[0] ?? 0]?.node;
    if (start) start.tabIndex = 0;
    focused?.node.focus();
  }

  #tell(target: EventTarget | null): void {
    const row = rowOf(target);
    const words = this.#words[Number(row?.dataset.item)];
    const track = row?.querySelector<HTMLElement>(".whylight-track");
    if (row && track && words) this.#tip.show(track, words, "foot");
    else this.#tip.hide();
  }

  #take(target: EventTarget | null): void {
    const row = rowOf(target);
    if (row) this.#choose?.(Number(row.dataset.item));
  }

  #key(event: KeyboardEvent): void {
    const row = rowOf(event.target);
    if (!row) return;
    if (this.#choose && (event.key === "Enter" || event.key === " ")) {
      this.#take(row);
      event.preventDefault();
    }
    const steps: Partial<Record<string, Element | null>> = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: this.#list.firstElementChild,
      End: this.#list.lastElementChild,
    };
    if (!(event.key in steps)) return;
    const next = steps[event.key];
    if (next instanceof HTMLElement) {
      row.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    event.preventDefault();
  }
}

/** One row of the list; it stays the same element for as long as the list lives, so that it keeps the focus. */
class Row {
  readonly node = make("li", { class: "whylight-row", role: "listitem" });
  #name = make("span", { class: "whylight-row-name" });
  #note = make("span", { class: "whylight-row-note" });
  #bar = make("span", { class: "whylight-bar" });
  #line = make("span", { class: "whylight-bar-span" });
  #mark = make("span", { class: "whylight-bar-mark" });
  #value = make("span", { class: "whylight-row-value" });
  #share = make("span", { class: "whylight-row-share" });

  constructor(item: number) {
    const plot = make("span", { class: "whylight-bar-plot" }, this.#bar, this.#line, this.#mark, this.#value);
    this.node.append(
      this.#name,
      this.#note,
      make("span", { class: "whylight-track", "aria-hidden": "true" }, plot),
      this.#share,
    );
    this.node.dataset.item = String(item);
    focusable(this.node);
    this.node.tabIndex = -1;
  }

  draw(item: Item, note: string, words: string, axis: Axis, scene: BarScene, look: Palette): void {
    const value = item.value ?? 0;
    setText(this.#name, item.text);
    setText(this.#note, note);
    setAttribute(this.node, "aria-label", words);
    setAttribute(this.node, "aria-current", scene.chosen === Number(this.node.dataset.item) ? "true" : null);
    place(this.#bar, axis, Math.min(0, value), Math.max(0, value));
    this.#bar.hidden = value === 0;
    this.#bar.style.background = css(
      colorAt(look.colormap, look.dark, strength(scene.scale.position(value))),
    );
    const [low, high] = [item.low ?? value, item.high ?? value];
    this.#line.hidden = item.low === undefined;
    place(this.#line, axis, low, high);
    this.#mark.hidden = item.mark === undefined;
    this.#mark.style.left = axis.at(item.mark ?? 0);
    const right = value > 0 || (value === 0 && axis.low + axis.span > 0);
    this.#value.classList.toggle("whylight-row-value-left", !right);
    this.#value.style.left = axis.at(right ? Math.max(value, high, 0) : Math.min(value, low, 0));
    this.node.classList.toggle("whylight-row-unknown", item.unknown !== undefined);
    setText(this.#value, valueText(item));
    setText(this.#share, item.value === null ? "" : percent(item.share));
  }
}

/** What stands at the end of a bar. */
function valueText({ value, unknown = "" }: Item): string {
  return value === null ? unknown : signed(value);
}

function axisOf(items: Item[], range?: [number, number]): Axis {
  const ends = range ?? items.flatMap(({ value, low, high }) => [value ?? 0, low ?? 0, high ?? 0]);
  const low = ends.reduce((least, value) => Math.min(least, value), 0);
  const span = ends.reduce((most, value) => Math.max(most, value), 0) - low || 1;
  return { low, span, at: (value) => `${((100 * (value - low)) / span).toFixed(3)}%` };
}

/** What the widest value takes in any font: digits are all as wide as 0, a sign is at most 1 em, the rest is narrow. */
function room(items: Item[]): string {
  const widths = items.map((item) => {
    const text = valueText(item);
    const [digits, signs] = [text.replace(/\D/g, "").length, text.replace(/[^+\u2212×]/g, "").length];
    return `${digits}ch + ${(signs + 0.6 * (text.length - digits - signs)).toFixed(1)}em`;
  });
  return `max(${["0px", ...new Set(widths)].join(", ")})`;
}

function place(element: HTMLElement, axis: Axis, from: number, to: number): void {
  element.style.left = axis.at(from);
  element.style.width = `${((100 * (to - from)) / axis.span).toFixed(3)}%`;
}

/** Length says how much, so colour may stay strong enough to be seen on the page. */
function strength(position: number): number {
  return position === 0 ? 0 : Math.sign(position) * (0.5 + 0.5 * Math.abs(position));
}

function byRank(items: Item[]): number[] {
  return items.map((_, i) => i).sort((a, b) => items[a]!.rank - items[b]!.rank);
}

function same(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".whylight-row") : null;
}
