// A text by itself on a card: a key to the marks under words, a strip of sentences where it is long, and a field to change it in.
// Knows nothing about traits or how values were computed.
import { createTextEditor, type TextEditor } from "../editors/text";
import type { TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import type { ItemScene } from "../scenes/items";
import type { Palette } from "../scenes/look";
import { sentencesOf } from "../scenes/sentences";
import { make } from "../ui/dom";
import type { Drawing, OnSelect } from "../ui/drawing";
import { wordOf } from "../ui/word-brush";
import type { AnswerDrawing, InputKind, OnEdit, SubjectActions } from "./kind";
import { SentenceStrip } from "./sentence-strip";
import { createAnswer, type TextParts, TextSubject, text } from "./text";
import type { Tokens } from "./tokens";

export class TextAlone extends TextSubject {
  override answer({ select, edit }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, select, signal, (parts) => {
      const key = createTextKey();
      const strip = createStrip(this.input, parts.tokens, select, signal);
      parts.head.append(key.node);
      if (strip) parts.head.after(strip.node);
      if (edit) addEditor(this.input, parts, edit, signal);
      return (frame, scene, look) => {
        key.draw(scene, look);
        strip?.draw(frame?.arrays.units?.data, scene.unit, look);
      };
    });
  }
}

export const textAlone: InputKind<TextInput> = { ...text, read: (input) => new TextAlone(input) };

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
  { tokens, head, node }: TextParts,
  edit: OnEdit,
  signal: AbortSignal,
): void {
  const take = (text: string) => edit({ text });
  const opened = (open: boolean) => node.classList.toggle("whylight-editing", open);
  const editor = createTextEditor(input.text, take, opened, signal);
  head.append(editor.button);
  head.after(editor.node);
  tokens.node.addEventListener("dblclick", (event) => openAt(event.target, editor), { signal });
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
