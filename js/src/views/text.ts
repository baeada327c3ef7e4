// Texts: the sentence highlighted by word or by token, small ones to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.

import { createTextEditor, type TextEditor } from "../editors/text";
import type { TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { sentencesOf } from "../scenes/sentences";
import { textScene } from "../scenes/text";
import { make } from "../ui/dom";
import type { OnSelect } from "../ui/drawing";
import { createLegend } from "../ui/legend";
import { wordOf } from "../ui/word-brush";
import type { AnswerDrawing, InputKind, Subject, SubjectActions } from "./kind";
import { SentenceStrip } from "./sentence-strip";
import { createTextKey } from "./text-key";
import { textPathPoint } from "./text-path";
import { styleWord, Tokens, tokenElements } from "./tokens";

export class TextSubject implements Subject {
  readonly kind = "text";
  readonly input: TextInput;

  constructor(input: TextInput) {
    this.input = input;
  }

  answer(actions: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, actions, signal);
  }

  tile(): AnswerDrawing {
    return createTile(this.input);
  }

  pathPoint() {
    return textPathPoint(this.input);
  }
}

export const text: InputKind<TextInput> = {
  name: "text",
  layouts: { words: "Words", tokens: "Tokens" },
  read: (input) => new TextSubject(input),
};

function createAnswer(
  input: TextInput,
  { select, edit }: SubjectActions,
  signal: AbortSignal,
): AnswerDrawing {
  const tokens = new Tokens(input, select, signal);
  const legend = createLegend("right");
  const key = createTextKey();
  const strip = createStrip(input, tokens, select, signal);
  const head = make("div", { class: "whylight-text-head" }, legend.node, key.node);
  const node = make("div", { class: "whylight-view" }, head, strip?.node ?? null, tokens.node);
  if (edit) {
    const take = (text: string) => edit({ text });
    const opened = (open: boolean) => node.classList.toggle("whylight-editing", open);
    const editor = createTextEditor(input.text, take, opened, signal);
    head.append(editor.button);
    head.after(editor.node);
    tokens.node.addEventListener("dblclick", (event) => openAt(event.target, editor), { signal });
  }
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = textScene(input, frame, look, isDiverging(look.colormap), together);
    tokens.draw(scene, look);
    legend.draw(scene, look);
    key.draw(scene, look);
    strip?.draw(frame?.arrays.units?.data, scene.unit, look);
    return scene.scale;
  };
  return { node, draw };
}

/** Over a long text its sentences: a click goes to one, and selects its words. */
function createStrip(input: TextInput, tokens: Tokens, select: OnSelect, signal: AbortSignal) {
  const sentences = sentencesOf(input);
  if (!sentences.length) return null;
  const strip = new SentenceStrip(
    sentences,
    ({ words }) => {
      tokens.reveal(words[0]!);
      select(words, true);
    },
    signal,
  );
  tokens.watch((from, to) => strip.show(from, to), signal);
  return strip;
}

/** With the word selected that was clicked twice; markers of the model are not in the text. */
function openAt(target: EventTarget | null, editor: TextEditor): void {
  const word = wordOf(target);
  if (!word?.closest(".whylight-text")) return;
  const chip = (one: Element) => one.matches(".whylight-chip");
  if (chip(word)) {
    editor.open();
    return;
  }
  const pieces = [...word.parentElement!.children].filter((one) => !chip(one));
  const length = (one: Element) => one.textContent?.length ?? 0;
  const start = pieces.slice(0, pieces.indexOf(word)).reduce((sum, one) => sum + length(one), 0);
  editor.open(start, start + length(word));
}

function createTile(input: TextInput): AnswerDrawing {
  const node = make("div", { class: "whylight-text whylight-tile-text", dir: "auto" });
  let shown = "";
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    if (shown !== look.view) node.replaceChildren(...tokenElements(input, look.view));
    node.dataset.view = look.view;
    shown = look.view;
    const scene = textScene(input, frame, look, isDiverging(look.colormap), together);
    for (const child of node.children) {
      child.removeAttribute("role");
      styleWord(child as HTMLElement, scene, look);
    }
    return scene.scale;
  };
  return { node, draw };
}
