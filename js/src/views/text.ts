// Texts: the sentence highlighted by word or by token, small ones to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.

import type { TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { textScene } from "../scenes/text";
import { make } from "../ui/dom";
import type { AnswerDrawing, InputKind, Subject, SubjectActions } from "./kind";
import { createTextAnswer } from "./text-answer";
import { textPathPoint } from "./text-path";
import { styleWord, tokenElements } from "./tokens";

export class TextSubject implements Subject {
  readonly kind = "text";
  readonly input: TextInput;

  constructor(input: TextInput) {
    this.input = input;
  }

  answer(actions: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createTextAnswer(this.input, actions, signal);
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
