// Several inputs that a model takes together: each in its own way under its name, with its share of the whole map.
// Knows nothing about any one kind, or how values were computed.
import type { SeveralInput } from "../kernel/protocol";
import { percent } from "../numbers";
import type { Answer } from "../scenes/answer";
import type { Look } from "../scenes/look";
import { partOf } from "../scenes/parts";
import { alike, type Scale } from "../scenes/scale";
import { make, setText } from "../ui/dom";
import {
  type AnswerDrawing,
  type InputKind,
  isComparable,
  readSubject,
  type Subject,
  type SubjectActions,
} from "./kind";

export class SeveralSubject implements Subject {
  readonly kind = "several";
  readonly names: string[];
  readonly subjects: Subject[];

  constructor(names: string[], subjects: Subject[]) {
    [this.names, this.subjects] = [names, subjects];
    if (subjects.every(isComparable)) this.tile = () => this.#stack(subjects.map((one) => one.tile()));
  }

  tile?: () => AnswerDrawing;

  answer({ change, select, editOf }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    const answers = this.subjects.map((subject, i) =>
      subject.answer({ change, select, ...editOf?.(i) }, signal),
    );
    return this.#stack(answers);
  }

  #stack(drawings: AnswerDrawing[]): AnswerDrawing {
    const captions = this.names.map((name) => make("h4", { class: "whylight-part-name" }, name));
    const parts = drawings.map(({ node }, i) =>
      make(
        "section",
        { class: "whylight-part", "aria-label": this.names[i] ?? "" },
        captions[i] ?? null,
        node,
      ),
    );
    const drawAll = (answer: Answer, look: Look): Scale[] =>
      drawings.map((drawing, i) => {
        const { share } = answer.frame?.meta.parts?.[i] ?? {};
        setText(captions[i]!, share == null ? this.names[i]! : `${this.names[i]} · ${percent(share)}`);
        captions[i]!.title = share == null ? "" : "Share of the sizes of all attributions";
        return drawing.draw(partOf(answer, i), look);
      });
    const draw = (answer: Answer, look: Look): Scale => {
      const scales = drawAll(answer, look);
      const largest = scales.reduce((most, scale) => (scale.limit > most.limit ? scale : most));
      const shared = look.scale === "shared" && scales.every(({ limit }) => alike(limit, largest.limit));
      if (shared && scales.some(({ limit }) => limit !== largest.limit))
        drawAll(answer, { ...look, scale: largest.limit }); // one for all, unless one of them would be blank
      return largest;
    };
    return { node: make("div", { class: "whylight-parts" }, ...parts), draw };
  }
}

export const several: InputKind<SeveralInput> = {
  name: "several",
  layouts: { side: "Side by side", overlay: "Overlay", swipe: "Swipe" },
  narrow: "overlay",
  overlay: true,
  read: ({ names, inputs }) => new SeveralSubject(names, inputs.map(readSubject)),
};
