// The sentences of a long text side by side, each with a bar for what its words add up to: where to look first.
// Knows nothing about models or how values were computed.
import { percent, signed, unit } from "../numbers";
import { colorAt, css } from "../paint/palette";
import type { Look } from "../scenes/look";
import { type Sentence, sumsOf } from "../scenes/sentences";
import { arrowOf, focusable, make, setAttribute } from "../ui/dom";
import { createTooltip } from "../ui/tooltip";

const SHOWN = 80; // letters of a sentence

export class SentenceStrip {
  readonly node: HTMLElement;
  #sentences: Sentence[];
  #list = make("div", { class: "whylight-sentences", role: "list", "aria-label": "Sentences" });
  #seen = make("div", { class: "whylight-sentences-seen" });
  #items: HTMLElement[];
  #bars: HTMLElement[];
  #words: string[] = [];

  /** `choose` is told which sentence to go to. */
  constructor(sentences: Sentence[], choose: (sentence: Sentence) => void, signal: AbortSignal) {
    this.#sentences = sentences;
    this.#bars = sentences.map(() => make("span", { class: "whylight-sentence-bar" }));
    this.#items = sentences.map(({ text }, i) => {
      const item = make("div", { class: "whylight-sentence", role: "listitem" }, this.#bars[i]!);
      item.style.flexGrow = String(text.length);
      focusable(item);
      item.tabIndex = i === 0 ? 0 : -1;
      return item;
    });
    this.#list.append(...this.#items);
    const name = make("span", { class: "whylight-caption" }, "Sum of every sentence");
    const frame = make("div", { class: "whylight-sentences-frame" }, this.#list, this.#seen);
    const tip = createTooltip(frame);
    frame.append(tip.node);
    this.node = make("div", { class: "whylight-overview" }, name, frame);
    const tell = ({ target }: Event) => {
      const at = this.#place(target);
      if (at >= 0) tip.show(this.#items[at]!, this.#words[at] ?? "", "under");
      else tip.hide();
    };
    const take = (at: number) => at >= 0 && choose(sentences[at]!);
    for (const event of ["pointerover", "focusin"]) this.#list.addEventListener(event, tell, { signal });
    for (const event of ["pointerleave", "focusout"])
      this.#list.addEventListener(event, tip.hide, { signal });
    this.#list.addEventListener("click", ({ target }) => take(this.#place(target)), { signal });
    this.#list.addEventListener("keydown", (event) => this.#key(event, take), { signal });
  }

  draw(values: ArrayLike<number> | undefined, name: string, look: Look): void {
    const sums = values ? sumsOf(this.#sentences, values) : this.#sentences.map(() => 0);
    const all = sums.reduce((sum, value) => sum + Math.abs(value), 0) || 1;
    const [low, high] = [Math.min(0, ...sums), Math.max(0, ...sums)];
    const up = (value: number) => `${(100 * (high - value)) / (high - low || 1)}%`;
    const down = (value: number) => `${(100 * (value - low)) / (high - low || 1)}%`;
    this.#list.style.setProperty("--whylight-zero", up(0));
    this.#words = this.#sentences.map(({ text }, i) => {
      const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
      return `${unit(signed(sums[i]!), name)}, ${percent(Math.abs(sums[i]!) / all)} of all sentences\n${short}`;
    });
    this.#items.forEach((item, i) => {
      const [value, { style }] = [sums[i]!, this.#bars[i]!];
      const strength =
        (0.4 + (0.6 * Math.abs(value)) / Math.max(-low, high, Number.MIN_VALUE)) * Math.sign(value);
      [style.top, style.bottom] = [up(Math.max(0, value)), down(Math.min(0, value))];
      style.background = css(colorAt(look.colormap, look.dark, strength));
      const { words } = this.#sentences[i]!;
      const chosen = words.every((word) => look.selection.includes(word));
      setAttribute(item, "aria-current", chosen ? "true" : null);
      item.setAttribute("aria-label", `Sentence ${i + 1}: ${this.#words[i]!}`);
    });
  }

  /** Which part of the text is in sight, as shares of it; all of it where it does not scroll. */
  show(from: number, to: number): void {
    this.#seen.hidden = to - from >= 1;
    [this.#seen.style.left, this.#seen.style.width] = [`${100 * from}%`, `${100 * (to - from)}%`];
  }

  #place(target: EventTarget | null): number {
    const item = target instanceof Element ? target.closest<HTMLElement>(".whylight-sentence") : null;
    return item ? this.#items.indexOf(item) : -1;
  }

  #key(event: KeyboardEvent, take: (at: number) => void): void {
    const at = this.#place(event.target);
    const last = this.#items.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[arrowOf(event)];
    if (event.key === "Enter" || event.key === " ") take(at);
    else if (to === undefined) return;
    event.preventDefault();
    const next = this.#items[Math.max(0, Math.min(last, to ?? at))]!;
    this.#items[at]!.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
