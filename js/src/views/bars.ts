// Signed bars that grow from a zero line under an axis, each with its number beside it: features, and the ranked list of a text.
// Knows nothing about models, traits or where the values come from.
import { plural } from "../numbers";
import { type BarAxis, barAxis } from "../scenes/bar-axis";
import type { BarScene, Item } from "../scenes/items";
import type { Look } from "../scenes/look";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { createTooltip } from "../ui/tooltip";
import { barLines, barText } from "../wording/items";
import { BarRow, valueText } from "./bar-row";

interface BarOptions {
  /** Heads the names; without it there is no head. */
  head?: string;
  /** A row can be chosen, by a click or Enter. */
  choose?: (item: number) => void;
  /** Makes the field that the value beside a name is changed in, by a double click or Enter. */
  editor?: RowEditor;
}

/** `done` puts the value back; null where nothing can be changed now. */
export type RowEditor = (item: number, done: () => void) => HTMLElement | null;

export class Bars implements Drawing<BarScene> {
  readonly node: HTMLElement;
  #list: HTMLOListElement;
  #box: HTMLElement;
  #heads = Array.from({ length: 4 }, () => make("span"));
  #axis = make("span", { class: "whylight-bar-plot" });
  #more = make("button", { class: "whylight-bars-more", type: "button", hidden: true });
  #tip: ReturnType<typeof createTooltip>;
  #rows: BarRow[] = [];
  #order: number[] = [];
  #lines: string[][] = [];
  #head: string;
  #choose: ((item: number) => void) | undefined;
  #editor: RowEditor | undefined;

  constructor(label: string, { head = "", choose, editor }: BarOptions = {}) {
    [this.#head, this.#choose, this.#editor] = [head, choose, editor];
    this.#list = make("ol", { class: "whylight-bars", "aria-label": label, role: "list" });
    this.#box = make("div", { class: "whylight-bars-box" }, ...(head ? [this.#titles()] : []), this.#list);
    this.node = make("div", { class: "whylight-bars-frame" }, this.#box, this.#more);
    this.#tip = createTooltip(this.node);
    this.node.append(this.#tip.node);
    this.#listen();
    this.#list.classList.toggle("whylight-bars-choice", choose !== undefined);
    this.#list.classList.toggle("whylight-bars-edit", editor !== undefined);
  }

  #listen(): void {
    const list = this.#list;
    list.addEventListener("pointerover", (event) => this.#tell(event.target));
    list.addEventListener("pointerleave", this.#tip.hide);
    list.addEventListener("focusin", (event) => this.#tell(event.target));
    list.addEventListener("focusout", this.#tip.hide);
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => this.#take(event.target));
    list.addEventListener("dblclick", (event) => this.#edit(rowOf(event.target)));
    this.#box.addEventListener("scroll", () => {
      this.#tip.hide();
      this.#hint();
    });
    this.#more.addEventListener("click", () => this.#box.scrollBy({ top: this.#box.clientHeight / 2 }));
  }

  /** What stands above the columns; every row says all of it to readers of the screen. */
  #titles(): HTMLElement {
    const [name, note, value, share] = this.#heads;
    const track = make("span", { class: "whylight-track" }, value!, this.#axis);
    return make("div", { class: "whylight-bars-head", "aria-hidden": "true" }, name!, note!, track, share!);
  }

  draw(scene: BarScene, look: Look): void {
    const { items, notes = [], range, ranked = items } = scene;
    if (this.#rows.length !== items.length) this.#rows = items.map((_, i) => new BarRow(i));
    this.#arrange(scene, ranked);
    const axis = barAxis(items, range);
    this.#shape(scene, axis);
    this.#lines = items.map((item, i) => barLines(item, notes[i], scene));
    this.#rows.forEach((row, i) => {
      row.draw(items[i]!, notes[i] ?? "", barText(items[i]!, notes[i], scene), axis, scene, look);
    });
    this.#hint();
  }

  /** What all rows share: the axis, and which columns there are. */
  #shape({ items, notes = [], unit, named = "Attribution" }: BarScene, axis: BarAxis): void {
    const { style, classList } = this.#box;
    style.setProperty("--whylight-zero", axis.at(0));
    style.setProperty("--whylight-grid", axis.ticks.map(({ value }) => gridLine(axis.at(value))).join());
    style.setProperty("--whylight-value", room(items));
    classList.toggle("whylight-bars-noted", notes.some(Boolean));
    classList.toggle("whylight-bars-left", axis.low < 0);
    classList.toggle("whylight-bars-right", axis.low + axis.span > 0);
    classList.toggle(
      "whylight-bars-spread",
      items.some(({ low }) => low !== undefined),
    );
    const titles = [
      this.#head,
      notes.some(Boolean) ? "Value" : "",
      unit ? `${named}, ${unit}` : named,
      "Share of sizes",
    ];
    for (const [i, head] of this.#heads.entries()) setText(head, titles[i]!);
    const marks = axis.ticks.map(({ value, text, major }) => {
      const mark = make(
        "span",
        { class: major ? "whylight-bar-tick" : "whylight-bar-tick whylight-bar-minor" },
        text,
      );
      mark.style.left = axis.at(value);
      return mark;
    });
    this.#axis.replaceChildren(...marks);
  }

  /** How many rows are out of sight below. */
  #hint(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#box;
    const scrolls = scrollHeight > clientHeight + 1;
    this.#more.hidden = !scrolls;
    if (!scrolls) return;
    const height = this.#list.offsetHeight / Math.max(1, this.#rows.length);
    const left = Math.round((scrollHeight - clientHeight - scrollTop) / height);
    this.node.classList.toggle("whylight-bars-end", left < 1);
    setText(this.#more, left < 1 ? `All ${plural(this.#rows.length, "row")}` : `${left} more below`);
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
    const lines = this.#lines[Number(row?.dataset.item)];
    const plot = row?.querySelector<HTMLElement>(".whylight-bar-plot");
    if (plot && lines && !row?.querySelector(".whylight-cell"))
      this.#tip.show(plot, lines.join("\n"), "under");
    else this.#tip.hide();
  }

  #take(target: EventTarget | null): void {
    const row = rowOf(target);
    if (row) this.#choose?.(Number(row.dataset.item));
  }

  #edit(node: HTMLElement | null): void {
    const item = Number(node?.dataset.item);
    const row = this.#rows[item];
    if (!node || !row || !this.#editor) return;
    this.#tip.hide();
    row.edit((done) => this.#editor!(item, done));
  }

  #key(event: KeyboardEvent): void {
    const row = rowOf(event.target);
    if (!row) return;
    if ((this.#choose || this.#editor) && (event.key === "Enter" || event.key === " ")) {
      this.#take(row);
      this.#edit(row);
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

function gridLine(at: string): string {
  return `linear-gradient(var(--whylight-line), var(--whylight-line)) ${at} 0 / 1px 100% no-repeat`;
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

function byRank(items: Item[]): number[] {
  return items.map((_, i) => i).sort((a, b) => items[a]!.rank - items[b]!.rank);
}

function same(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".whylight-row") : null;
}
