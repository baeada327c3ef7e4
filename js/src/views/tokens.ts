// The sentence set as text, highlighted by word or by token of the model.
// Knows nothing about models, traits or how values were computed.
import type { TextInput } from "../kernel/protocol";
import { colorAt, css, isDiverging, textColor } from "../paint/palette";
import type { ItemScene } from "../scenes/items";
import type { Look, Palette } from "../scenes/look";
import { type Piece, textsOf } from "../scenes/text-pieces";
import { focusable, make, setAttribute, setText } from "../ui/dom";
import type { Drawing, OnSelect } from "../ui/drawing";
import { createTooltip } from "../ui/tooltip";
import { WordBrush, wordOf } from "../ui/word-brush";
import { wordText } from "../wording/items";
import { Bars } from "./bars";

/** Below this share of full colour a word stays plain. */
const FAINT = 0.02;
/** Nothing but ends of lines: tokens to some models. */
const BREAKS = /^[\r\n]+$/;
const UNREAD = "The model does not see the text in grey: no token stands for it.";

export class Tokens implements Drawing<ItemScene> {
  readonly node: HTMLElement;
  #input: TextInput;
  #list = make("div", { class: "whylight-text", role: "list", "aria-label": "Tokens", dir: "auto" });
  #frame = make("div", { class: "whylight-text-frame" }, this.#list);
  #tip = createTooltip(this.#frame);
  #bars = new Bars("Ranked list", { head: "Word" });
  #unread = make("p", { class: "whylight-hint" }, UNREAD);
  #title = make("summary");
  #ranked = make("details", { class: "whylight-ranked" }, this.#title, this.#bars.node);
  #words: HTMLElement[] = [];
  #scene: ItemScene | null = null;
  #look: Look | null = null;
  #selection: readonly number[] = [];

  constructor(input: TextInput, select: OnSelect, signal: AbortSignal) {
    this.#input = input;
    this.#frame.append(this.#tip.node);
    this.node = make("div", { class: "whylight-words" }, this.#frame, this.#unread, this.#ranked);
    const list = this.#list;
    this.#ranked.addEventListener("toggle", () => this.#rank(), { signal });
    list.addEventListener("pointerover", (event) => this.#tell(event.target), { signal });
    list.addEventListener("pointerleave", this.#tip.hide, { signal });
    list.addEventListener("focusin", (event) => this.#tell(event.target), { signal });
    list.addEventListener("focusout", this.#tip.hide, { signal });
    const row = {
      words: () => this.#words,
      itemOf: (word: HTMLElement) => this.#unitOf(word),
      selection: () => this.#selection,
      select: (units: number[], done?: boolean) => {
        this.#selection = units;
        select(units, done);
      },
    };
    new WordBrush(list, row, signal);
  }

  draw(scene: ItemScene, look: Look): void {
    if (this.#look?.view !== look.view) this.#build(look.view);
    [this.#scene, this.#look, this.#selection] = [scene, look, look.selection];
    for (const word of this.#words) styleWord(word, scene, look);
    this.#outline();
    this.#rank();
  }

  /** Bring a word into sight. */
  reveal(unit: number): void {
    const word = this.#words.find((one) => this.#unitOf(one) === unit);
    if (word) this.#list.scrollTo({ top: word.offsetTop - this.#list.clientHeight / 4 });
  }

  /** Tell which part of the text is in sight, as shares of it. */
  watch(seen: (from: number, to: number) => void, signal: AbortSignal): void {
    const list = this.#list;
    const tell = () => {
      const whole = list.scrollHeight || 1;
      seen(list.scrollTop / whole, (list.scrollTop + list.clientHeight) / whole);
    };
    list.addEventListener("scroll", tell, { signal });
    list.addEventListener("scroll", this.#tip.hide, { signal });
    const sizes = new ResizeObserver(tell);
    sizes.observe(list);
    signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  }

  /** The word an element belongs to: a selection is made of words in every view. */
  #unitOf(word: HTMLElement): number {
    const item = Number(word.dataset.item);
    return this.#look?.view === "tokens" ? (this.#input.tokens[item]?.unit ?? -1) : item;
  }

  /** One line around words that follow each other. */
  #outline(): void {
    let before: HTMLElement | null = null;
    for (const word of this.#words) {
      const chosen = this.#selection.includes(this.#unitOf(word));
      const joined = chosen && before !== null;
      word.classList.toggle("whylight-pinned", chosen);
      word.classList.toggle("whylight-pinned-first", chosen && !joined);
      word.classList.toggle("whylight-pinned-last", chosen);
      setAttribute(word, "aria-current", chosen ? "true" : null);
      if (joined) before!.classList.remove("whylight-pinned-last");
      const gap = word.previousElementSibling;
      if (gap?.matches(".whylight-gap")) gap.classList.toggle("whylight-pinned", joined);
      before = chosen ? word : null;
    }
  }

  #build(view: string): void {
    const children = tokenElements(this.#input, view);
    this.#words = children.filter((child) => child.matches("[data-item]"));
    this.#words.forEach((word, i) => {
      focusable(word);
      word.tabIndex = i === 0 ? 0 : -1;
    });
    this.#list.replaceChildren(...children);
    this.#list.dataset.view = view;
    this.#unread.hidden = !children.some((child) => child.matches(".whylight-unread"));
    setText(this.#title, view === "tokens" ? "Ranked tokens" : "Ranked words");
  }

  #rank(): void {
    if (this.#scene && this.#look && this.#ranked.open) this.#bars.draw(this.#scene, this.#look);
  }

  #tell(target: EventTarget | null): void {
    const word = wordOf(target);
    const item = this.#scene?.items[Number(word?.dataset.item)];
    if (word && this.#scene && item?.value != null) this.#tip.show(word, wordText(item, this.#scene));
    else this.#tip.hide();
  }
}

/** The sentence cut into words or tokens; joined, the text exactly. */
export function tokenElements(input: TextInput, view: string): HTMLElement[] {
  const elements = sentenceElements(input, view);
  for (const element of elements) {
    if (!element.matches(".whylight-gap")) element.setAttribute("role", "listitem");
  }
  return elements;
}

/** The same without roles; each of several texts begins with its title, on lines of its own. */
export function sentenceElements(input: TextInput, view: string): HTMLElement[] {
  return textsOf(input, view !== "tokens").flatMap(({ title, pieces }) => [
    ...(title ? [make("span", { class: "whylight-text-title" }, title)] : []),
    ...pieces.map(pieceElement),
  ]);
}

/** A chip has a direction of its own: that of the text is not for [CLS] to say. */
export function pieceElement({ text, item, chip }: Piece): HTMLElement {
  if (item < 0 && !text.trim()) return make("span", { class: "whylight-gap" }, text);
  if (item < 0) return make("span", { class: "whylight-gap whylight-unread" }, text);
  const style = chip ? "whylight-token whylight-chip" : "whylight-token";
  const word = make("span", { class: style, "data-item": item, dir: chip ? "auto" : null }, text);
  if (BREAKS.test(text)) word.dataset.breaks = "↵".repeat(text.split("\n").length - 1) || "↩";
  return word;
}

/** Colour says how much; the underline says it again: thicker is stronger, dotted opposes. */
export function styleWord(word: HTMLElement, scene: ItemScene, look: Palette): void {
  const index = Number(word.dataset.item);
  const item = scene.items[index];
  if (!item) return;
  const position = item.value === null ? 0 : scene.scale.position(item.value);
  const strength = Math.abs(position);
  const plain = strength < FAINT;
  const color = colorAt(look.colormap, look.dark, position);
  word.style.background = plain ? "" : css(color);
  word.style.color = plain ? "" : textColor(color);
  word.style.textDecorationLine = plain ? "none" : "underline";
  word.style.textDecorationThickness = `${(0.5 + 2.5 * strength).toFixed(2)}px`;
  word.style.textDecorationStyle = isDiverging(look.colormap) && position < 0 ? "dotted" : "solid";
  word.classList.toggle("whylight-explained", item.explained ?? false);
  word.setAttribute("aria-label", item.value === null ? item.text : `${item.text}: ${wordText(item, scene)}`);
}
