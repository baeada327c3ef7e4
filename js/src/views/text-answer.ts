// The words of a text with what belongs to them: a legend and a key, a strip of sentences where it is long, and fields to change it in.
// Knows nothing about traits or how values were computed.
import { createTextEditor, type TextEditor } from "../editors/text";
import type { TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import type { ItemScene } from "../scenes/items";
import type { Palette } from "../scenes/look";
import { sentencesOf } from "../scenes/sentences";
import { textScene } from "../scenes/text";
import { writtenTexts } from "../scenes/text-pieces";
import { make } from "../ui/dom";
import type { Drawing, OnSelect } from "../ui/drawing";
import { createLegend } from "../ui/legend";
import { wordOf } from "../ui/word-brush";
import type { AnswerDrawing, OnEdit, SubjectActions } from "./kind";
import { SentenceStrip } from "./sentence-strip";
import { Tokens } from "./tokens";

export function createTextAnswer(
  input: TextInput,
  { select, edit }: SubjectActions,
  signal: AbortSignal,
): AnswerDrawing {
  const tokens = new Tokens(input, select, signal);
  const legend = createLegend("right");
  const key = createTextKey();
  const head = make("div", { class: "whylight-text-head" }, legend.node, key.node);
  const node = make("div", { class: "whylight-view" }, head, tokens.node);
  const strip = createStrip(input, tokens, select, signal);
  if (strip) head.after(strip.node);
  if (edit) addEditor(input, tokens, head, node, edit, signal);
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

function createTextKey(): Drawing<ItemScene> {
  const up = make("span", { class: "whylight-key-up" }, "supports");
  const down = make("span", { class: "whylight-key-down" }, "opposes");
  const more = make("span", {}, "the thicker, the stronger");
  const place = make("span", { class: "whylight-key-explained" }, "its label is explained");
  const node = make("p", { class: "whylight-text-key" }, up, down, more, place);
  const draw = ({ items }: ItemScene, { colormap }: Palette) => {
    up.hidden = down.hidden = !isDiverging(colormap);
    place.hidden = !items.some(({ explained }) => explained);
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

function addEditor(
  input: TextInput,
  tokens: Tokens,
  head: HTMLElement,
  node: HTMLElement,
  edit: OnEdit,
  signal: AbortSignal,
): void {
  const take = (texts: string[]) => edit({ texts });
  const opened = (open: boolean) => node.classList.toggle("whylight-editing", open);
  const editor = createTextEditor(writtenTexts(input), input.titles ?? [""], take, opened, signal);
  head.append(editor.button);
  head.after(editor.node);
  tokens.node.addEventListener("dblclick", (event) => openAt(event.target, editor), { signal });
}

/** With the word selected that was clicked twice; markers of the model are not in the text. */
function openAt(target: EventTarget | null, editor: TextEditor): void {
  const word = wordOf(target);
  if (!word?.closest(".whylight-text")) return;
  const before = [...word.parentElement!.children].slice(0, [...word.parentElement!.children].indexOf(word));
  const title = before.findLastIndex((one) => one.matches(".whylight-text-title"));
  const which = Math.max(0, before.filter((one) => one.matches(".whylight-text-title")).length - 1);
  if (word.matches(".whylight-chip")) {
    editor.open(which);
    return;
  }
  const length = (one: Element) => (one.matches(".whylight-chip") ? 0 : (one.textContent?.length ?? 0));
  const start = before.slice(title + 1).reduce((sum, one) => sum + length(one), 0);
  editor.open(which, start, start + length(word));
}
