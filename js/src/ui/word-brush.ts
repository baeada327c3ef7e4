// Selecting words in a row of them: drag with mouse or finger for a run, Shift with the arrow keys extends it, a click toggles
// one word, Escape lets go. Knows nothing about what the words stand for or how they look.
import { ascending } from "../scenes/groups";
import { arrowOf } from "./dom";
import type { OnSelect } from "./drawing";

interface Row {
  /** In the order of reading, focusable, each with `data-item`. */
  words(): HTMLElement[];
  itemOf(word: HTMLElement): number;
  /** As it is now, painted or not. */
  selection(): readonly number[];
  select: OnSelect;
}

interface Drag {
  from: number;
  to: number;
  /** What was chosen before, and what stays chosen beside the run. */
  before: number[];
  kept: number[];
}

export class WordBrush {
  #list: HTMLElement;
  #row: Row;
  #anchor = 0;
  #drag: Drag | null = null;
  #dragged = false;

  constructor(list: HTMLElement, row: Row, signal: AbortSignal) {
    [this.#list, this.#row] = [list, row];
    list.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    list.addEventListener("pointermove", (event) => this.#move(event), { signal });
    list.addEventListener("pointerup", () => this.#release(), { signal });
    list.addEventListener("pointercancel", () => this.#cancel(), { signal });
    list.addEventListener("click", (event) => this.#click(event), { signal });
    list.addEventListener("keydown", (event) => this.#key(event), { signal });
    list.addEventListener("focusin", (event) => this.#rove(wordOf(event.target)), { signal });
  }

  #press(event: PointerEvent): void {
    this.#dragged = false;
    const from = this.#placeOf(wordOf(event.target));
    if (from < 0 || event.button !== 0 || event.shiftKey) return;
    const before = [...this.#row.selection()];
    const adds = event.ctrlKey || event.metaKey;
    this.#drag = { from, to: from, before, kept: adds ? before : [] };
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    if (event.pointerType === "mouse" && event.buttons === 0) this.#release();
    if (!this.#drag) return;
    const to = this.#placeAt(event);
    if (to < 0 || to === drag.to) return;
    if (!this.#dragged) capture(this.#list, event.pointerId);
    this.#dragged = true;
    drag.to = to;
    this.#row.select(this.#chosen(drag), false);
  }

  #release(): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || !this.#dragged) return;
    this.#anchor = drag.from;
    this.#row.words()[drag.to]?.focus({ preventScroll: true });
    this.#row.select(this.#chosen(drag));
  }

  #cancel(): void {
    if (this.#drag && this.#dragged) this.#row.select(this.#drag.before);
    this.#drag = null;
  }

  #click(event: MouseEvent): void {
    const place = this.#placeOf(wordOf(event.target));
    if (!this.#dragged && place >= 0) this.#choose(place, event.shiftKey);
    this.#dragged = false;
  }

  #key(event: KeyboardEvent): void {
    const words = this.#row.words();
    const at = this.#placeOf(wordOf(event.target));
    if (at < 0) return;
    const places: Partial<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: words.length - 1,
    };
    const place = places[arrowOf(event)];
    if (place !== undefined) this.#step(Math.max(0, Math.min(words.length - 1, place)), event.shiftKey);
    else if (event.key === "Enter" || event.key === " ") this.#choose(at, event.shiftKey);
    else if (event.key === "Escape") this.#row.select([]);
    else return;
    event.preventDefault();
  }

  #step(place: number, extends_: boolean): void {
    this.#row.words()[place]?.focus();
    if (extends_) this.#choose(place, true);
    else this.#anchor = place;
  }

  /** Toggle one word, or extend the run from the last one that was chosen. */
  #choose(place: number, extends_: boolean): void {
    const item = this.#itemAt(place);
    const selection = this.#row.selection();
    const without = selection.filter((i) => i !== item);
    const toggled = without.length < selection.length ? without : [...selection, item];
    if (!extends_) this.#anchor = place;
    this.#row.select(ascending(extends_ ? this.#run(this.#anchor, place) : toggled));
  }

  #chosen({ from, to, kept }: Drag): number[] {
    return ascending([...kept, ...this.#run(from, to)]);
  }

  #run(from: number, to: number): number[] {
    const words = this.#row.words().slice(Math.min(from, to), Math.max(from, to) + 1);
    return words.map((word) => this.#row.itemOf(word));
  }

  #itemAt(place: number): number {
    const word = this.#row.words()[place];
    return word ? this.#row.itemOf(word) : -1;
  }

  #placeOf(word: HTMLElement | null): number {
    return word ? this.#row.words().indexOf(word) : -1;
  }

  /** The word under the pointer, or the nearest; a finger's events all name the word where it went down. */
  #placeAt(event: PointerEvent): number {
    const near = nearest(this.#row.words(), event.clientX, event.clientY);
    return near < 0 ? this.#placeOf(wordOf(event.target)) : near;
  }

  /** One stop for the Tab key: the word that had the focus last. */
  #rove(word: HTMLElement | null): void {
    const words = this.#row.words();
    if (word && words.includes(word)) for (const one of words) one.tabIndex = one === word ? 0 : -1;
  }
}

export function wordOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-item]") : null;
}

/** Lines count more than columns: a pointer below a line belongs to it. −1 where nothing is laid out. */
function nearest(words: HTMLElement[], x: number, y: number): number {
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  words.forEach((word, place) => {
    for (const { left, right, top, bottom } of word.getClientRects()) {
      const across = Math.max(left - x, 0, x - right);
      const along = Math.max(top - y, 0, y - bottom);
      const distance = across + 8 * along;
      if (right > left && distance < least) [best, least] = [place, distance];
    }
  });
  return best;
}

function capture(list: HTMLElement, pointer: number): void {
  try {
    list.setPointerCapture(pointer);
  } catch {
    return; // a pointer that is gone, or made by a script
  }
}
