// Phrases of a text: the words on one line to brush over, arcs of their interactions above, the tree of phrases below.
// Knows nothing about traits, messages or how groups were scored.
import type { TextInput } from "../../kernel/protocol";
import { fixed, signed, unit } from "../../numbers";
import { colorAt, css, isDiverging, textColor } from "../../paint/palette";
import { type GroupScene, groupScale, runsOf } from "../../scenes/groups";
import type { Look } from "../../scenes/look";
import type { Pair } from "../../scenes/pairs";
import { gainOf, type TreeNode } from "../../scenes/phrase-tree";
import type { Scale } from "../../scenes/scale";
import { unitOf } from "../../scenes/unit";
import { focusable, make, setText } from "../../ui/dom";
import type { OnSelect } from "../../ui/drawing";
import { createTooltip } from "../../ui/tooltip";
import { WordBrush, wordOf } from "../../ui/word-brush";
import { quoter, wordName } from "../../wording/phrases";
import { Arcs } from "./arcs";
import type { GroupDrawing, GroupKind } from "./kind";
import { columns, createTree } from "./tree";

const HINT =
  "Drag over words, or hold Shift and move with the arrow keys, to see what they contribute together. A click adds or takes away one word, Escape all.";

/** What a text brings to the panel of groups. */
export function phraseKind(input: TextInput): GroupKind {
  const quoted = quoter(input);
  return {
    name: "Phrases",
    whole: "sentence",
    hint: HINT,
    named: quoted,
    part: (units) => (units.length === 1 ? wordName(input, units[0]!) : quoted(units)),
    drawing: (select, signal) => new Phrases(input, select, signal),
  };
}

class Phrases implements GroupDrawing {
  readonly node: HTMLElement;
  #input: TextInput;
  #quoted: (units: readonly number[]) => string;
  #line: HTMLElement;
  #words: HTMLElement[];
  #frame = make("div", { class: "whylight-phrases-frame" });
  #scroll = make("div", { class: "whylight-phrases-scroll" });
  #tip = createTooltip(this.#frame);
  #arcs: Arcs;
  #tree: ReturnType<typeof createTree>;
  #pointed: number | null = null;
  #selected: readonly number[] = [];
  #last: [GroupScene, Look] | null = null;

  constructor(input: TextInput, select: OnSelect, signal: AbortSignal) {
    [this.#input, this.#quoted] = [input, quoter(input)];
    const over = (beside: HTMLElement | null, text: string) => this.#tell(beside, text, "over");
    const foot = (beside: HTMLElement | null, text: string) => this.#tell(beside, text, "foot");
    const described = ({ units: [i, j], interaction }: Pair) =>
      `${this.#name(i)} and ${this.#name(j)}: interaction ${this.#value(interaction)}`;
    this.#arcs = new Arcs({ described, select, seen: over }, signal);
    this.#tree = createTree({ select, seen: foot }, signal);
    this.#words = input.units.map(({ text, special }, i) => wordElement(text, special, i));
    const attributes = { class: "whylight-line", role: "listbox", "aria-label": "Words" };
    this.#line = make(
      "div",
      { ...attributes, "aria-multiselectable": "true", "aria-orientation": "horizontal" },
      ...this.#words,
    );
    const row = {
      words: () => this.#words,
      itemOf: (word: HTMLElement) => Number(word.dataset.item),
      selection: () => this.#selected,
      select: (units: number[], done?: boolean) => {
        this.#selected = units;
        select(units, done);
      },
    };
    new WordBrush(this.#line, row, signal);
    const grid = make("div", { class: "whylight-phrases-grid", dir: "auto" });
    grid.style.gridTemplateColumns = `repeat(${2 * input.units.length}, auto)`;
    grid.append(this.#arcs.node, this.#line, this.#tree.node);
    this.#scroll.append(grid);
    this.#frame.append(this.#scroll, this.#tip.node);
    this.node = this.#frame;
    this.#listen(signal);
  }

  draw(scene: GroupScene, look: Look): void {
    const before = this.#last?.[0].selected ?? [];
    this.#last = [scene, look];
    this.#selected = scene.selected;
    const scale = groupScale(scene, isDiverging(look.colormap));
    for (const [i, word] of this.#words.entries()) this.#style(word, i, scene, scale, look);
    const outlines = runsOf(scene.selected).map(outline);
    for (const old of this.#line.querySelectorAll(".whylight-brushed")) old.remove();
    this.#line.append(...outlines);
    this.#drawArcs();
    this.#reveal(scene.selected.findLast((i) => !before.includes(i)));
    const written = (score: number) => fixed(score, scale.limit);
    this.#tree.draw(scene, scale, look, {
      written,
      described: (node) => this.#described(node, scene, written),
    });
  }

  /** Scroll sideways to a word just chosen; the page stays where it is. */
  #reveal(i: number | undefined): void {
    const word = i === undefined ? null : this.#words[i]?.getBoundingClientRect();
    if (!word) return;
    const box = this.#scroll.getBoundingClientRect();
    const beyond = Math.max(0, word.right - box.right) + Math.min(0, word.left - box.left);
    if (beyond) this.#scroll.scrollLeft += beyond;
  }

  #drawArcs(): void {
    if (!this.#last) return;
    const [scene, look] = this.#last;
    this.#arcs.draw(scene, this.#pointed === null ? scene.selected : [this.#pointed], look);
  }

  #style(word: HTMLElement, i: number, scene: GroupScene, scale: Scale, look: Look): void {
    const [text, number] = [...word.children] as [HTMLElement, HTMLElement];
    const score = scene.scoreOf([i]);
    const color = colorAt(look.colormap, look.dark, score === null ? 0 : scale.position(score));
    text.style.background = score === null ? "" : css(color);
    text.style.color = score === null ? "" : textColor(color);
    setText(number, score === null ? "…" : fixed(score, scale.limit));
    const chosen = scene.selected.includes(i);
    word.setAttribute("aria-selected", String(chosen));
    word.setAttribute(
      "aria-label",
      score === null ? this.#name(i) : `${this.#name(i)}: ${this.#value(score)}`,
    );
  }

  #listen(signal: AbortSignal): void {
    const point = (event: Event) => {
      const word = wordOf(event.target);
      const at = word ? Number(word.dataset.item) : null;
      if (at === this.#pointed) return;
      this.#pointed = at;
      this.#drawArcs();
    };
    const leave = () => {
      this.#pointed = null;
      this.#drawArcs();
    };
    this.#line.addEventListener("pointerover", point, { signal });
    this.#line.addEventListener("pointerleave", leave, { signal });
  }

  #tell(beside: HTMLElement | null, text: string, place: "over" | "foot"): void {
    if (beside) this.#tip.show(beside, text, place);
    else this.#tip.hide();
  }

  #name(i: number): string {
    return wordName(this.#input, i);
  }

  #value(score: number): string {
    return unit(signed(score), unitOf(this.#last?.[0].meta ?? null));
  }

  #described(node: TreeNode, scene: GroupScene, written: (score: number) => string): string {
    const gain = gainOf(node, scene);
    const more = gain === null ? "" : `, interaction of its parts ${written(gain)}`;
    return `${this.#quoted(node.units)} ${this.#value(node.score)}${more}`;
  }
}

function wordElement(text: string, special: boolean, i: number): HTMLElement {
  const style = special ? "whylight-word whylight-chip" : "whylight-word";
  const name = make("span", { class: style, dir: special ? "auto" : null }, text);
  const number = make("span", { class: "whylight-word-score", dir: "ltr", "aria-hidden": "true" });
  const word = make("div", { class: "whylight-option", role: "option", "data-item": i }, name, number);
  focusable(word);
  word.tabIndex = i === 0 ? 0 : -1;
  word.style.gridColumn = columns(i, i);
  return word;
}

function outline(run: number[]): HTMLElement {
  const mark = make("span", { class: "whylight-brushed", role: "presentation" });
  mark.style.gridColumn = columns(run[0]!, run.at(-1)!);
  return mark;
}
