// The text view: the sentence set as text, highlighted by word or by token of the model.
// Knows nothing about models, traits or how values were computed.
import { createBars } from "./bars";
import { colorAt, css, isDiverging, textColor } from "./color";
import { focusable, make, setText } from "./dom";
import { number, percent, signed, unit } from "./format";
import { type Piece, piecesOf } from "./pieces";
import type { TextInput } from "./protocol";
import type { Item, ItemScene } from "./scene";
import { createTip } from "./tip";

export interface TextLook {
  view: string;
  colormap: string;
  dark: boolean;
  selection: number[];
}

export interface TextView {
  node: HTMLElement;
  draw(scene: ItemScene, look: TextLook): void;
}

/** Below this share of full colour a word stays plain. */
const FAINT = 0.02;

export function createTokens(
  input: TextInput,
  pin: (selection: number[]) => void,
  signal: AbortSignal,
): TextView {
  const list = make("div", { class: "whylight-text", role: "list", "aria-label": "Tokens", dir: "auto" });
  const frame = make("div", { class: "whylight-text-frame" }, list);
  const tip = createTip(frame);
  frame.append(tip.node);
  const bars = createBars("Ranked list");
  const title = make("summary", {}, "Ranked words");
  const details = make("details", { class: "whylight-ranked" }, title, bars.node);
  const node = make("div", { class: "whylight-words" }, frame, details);
  let words: HTMLElement[] = [];
  let shown = "";
  let scene: ItemScene | null = null;
  let look: TextLook | null = null;

  const build = (view: string) => {
    const children = piecesOf(input, view !== "tokens").map((piece) => element(piece));
    list.replaceChildren(...children);
    words = children.filter((child) => child instanceof HTMLElement);
    words.forEach((word, i) => {
      word.tabIndex = i === 0 ? 0 : -1;
    });
    setText(title, view === "tokens" ? "Ranked tokens" : "Ranked words");
    shown = view;
  };
  const rank = () => {
    if (scene && look && details.open) bars.draw(scene, look);
  };
  const draw = (next: ItemScene, nextLook: TextLook) => {
    [scene, look] = [next, nextLook];
    if (shown !== nextLook.view) build(nextLook.view);
    for (const word of words) dress(word, next, nextLook);
    rank();
  };
  const tell = (target: EventTarget | null) => {
    const word = wordOf(target);
    const item = scene?.items[Number(word?.dataset.item)];
    if (word && scene && item?.value != null) tip.show(word, described(item, scene));
    else tip.hide();
  };
  const focus = (from: HTMLElement, to: HTMLElement | undefined) => {
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  const toggle = (word: HTMLElement | null) => {
    const item = Number(word?.dataset.item);
    if (!word || !look) return;
    const { selection } = look;
    pin(selection.includes(item) ? selection.filter((i) => i !== item) : [...selection, item]);
  };
  const key = (event: KeyboardEvent) => {
    const word = wordOf(event.target);
    if (!word) return;
    const at = words.indexOf(word);
    const step = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: words.length - 1,
    }[event.key];
    if (step !== undefined) focus(word, words[step]);
    else if (event.key === "Enter" || event.key === " ") toggle(word);
    else if (event.key === "Escape") pin([]);
    else return;
    event.preventDefault();
  };
  details.addEventListener("toggle", rank, { signal });
  list.addEventListener("pointerover", (event) => tell(event.target), { signal });
  list.addEventListener("pointerleave", tip.hide, { signal });
  list.addEventListener("focusin", (event) => tell(event.target), { signal });
  list.addEventListener("focusout", tip.hide, { signal });
  list.addEventListener("click", (event) => toggle(wordOf(event.target)), { signal });
  list.addEventListener("keydown", key, { signal });
  return { node, draw };
}

function element(piece: Piece): HTMLElement | Text {
  if (piece.item < 0) return document.createTextNode(piece.text);
  const word = make(
    "span",
    { class: piece.chip ? "whylight-token whylight-chip" : "whylight-token", role: "listitem" },
    piece.text,
  );
  word.dataset.item = String(piece.item);
  focusable(word);
  return word;
}

function wordOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".whylight-token") : null;
}

/** Colour says how much; the underline says it again: thicker is stronger, dotted opposes. */
function dress(word: HTMLElement, scene: ItemScene, look: TextLook): void {
  const item = scene.items[Number(word.dataset.item)];
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
  word.classList.toggle("whylight-pinned", look.selection.includes(Number(word.dataset.item)));
  word.setAttribute(
    "aria-label",
    item.value === null ? item.text : `${item.text}: ${described(item, scene)}`,
  );
}

function described(item: Item, scene: ItemScene): string {
  const error = item.error ? ` ± ${number(item.error)}` : "";
  const value = unit(`${signed(item.value)}${error}`, scene.unit);
  return `${value}, rank ${item.rank} of ${scene.items.length}, ${percent(item.share)} of all`;
}
