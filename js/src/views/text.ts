// Texts: the sentence highlighted by word or by token, small ones to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.

import type { Frame, TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import type { ItemScene } from "../scenes/items";
import type { Look } from "../scenes/look";
import { textScene } from "../scenes/text";
import { make } from "../ui/dom";
import type { OnSelect } from "../ui/drawing";
import { createLegend } from "../ui/legend";
import type { AnswerDrawing, InputKind, Subject, SubjectActions } from "./kind";
import { textPathPoint } from "./text-path";
import { styleWord, Tokens, tokenElements } from "./tokens";

export class TextSubject implements Subject {
  readonly kind = "text";
  readonly input: TextInput;

  constructor(input: TextInput) {
    this.input = input;
  }

  answer({ select }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, select, signal);
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

/** What stands around the words of an answer. */
export interface TextParts {
  tokens: Tokens;
  head: HTMLElement;
  node: HTMLElement;
}

type Also = (frame: Frame | null, scene: ItemScene, look: Look) => void;

/** `more` adds to the parts, and is told what is drawn. */
export function createAnswer(
  input: TextInput,
  select: OnSelect,
  signal: AbortSignal,
  more?: (parts: TextParts) => Also,
): AnswerDrawing {
  const tokens = new Tokens(input, select, signal);
  const legend = createLegend("right");
  const head = make("div", { class: "whylight-text-head" }, legend.node);
  const node = make("div", { class: "whylight-view" }, head, tokens.node);
  const also = more?.({ tokens, head, node });
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = textScene(input, frame, look, isDiverging(look.colormap), together);
    tokens.draw(scene, look);
    legend.draw(scene, look);
    also?.(frame, scene, look);
    return scene.scale;
  };
  return { node, draw };
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
