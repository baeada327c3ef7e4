// What a kind of input brings to the card: how one is read, and how it is drawn in each place. The registry of kinds.
// Knows nothing about any one kind.
import { assertVersion } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Choice, Choices, Edit, Frame } from "../kernel/protocol";
import type { Answer } from "../scenes/answer";
import type { PathPoint } from "../scenes/path";
import type { Scale } from "../scenes/scale";
import type { Drawing, OnSelect } from "../ui/drawing";

/** Told which options of painting were changed. */
export type OnChange = (changes: Partial<ViewOptions>) => void;

/** Shows an answer; tells the colour scale it used. */
export type AnswerDrawing = Drawing<Answer, Scale>;

/** Told how the input was changed by hand. */
export type OnEdit = (change: Omit<Edit, "kind">) => void;

export interface SubjectActions {
  change: OnChange;
  /** Where the input can be changed by hand. */
  edit?: OnEdit;
  /** The same for one of several inputs, by its place. */
  editOf?: (part: number) => Pick<SubjectActions, "edit">;
  /** What can be put in the place of what is erased, that on show first. */
  fills?: () => Choice[];
  /** Words were selected. */
  select: OnSelect;
}

/** What stands around an answer: choices with their scores, and the numbers of the frame. */
export interface Told {
  choices: Choices;
  frame: Frame | null;
}

/** An input as the card has it: it can be drawn in every place. */
export interface Subject {
  /** The name of its kind. */
  readonly kind: string;
  /** The answer over the whole input, in the middle of the card. */
  answer(actions: SubjectActions, signal: AbortSignal): AnswerDrawing;
  /** What the controls and the read-out tell where a part of the answer is on show: that part's own numbers. */
  focus?(told: Told, look: ViewOptions): Told;
  /** An answer beside others, small; without it nothing can be compared. */
  tile?(): AnswerDrawing;
  /** One point of the path from baseline to input; without it there is no path to follow. */
  pathPoint?(signal: AbortSignal): Drawing<PathPoint>;
}

export type Comparable = Subject & Required<Pick<Subject, "tile">>;
export type Followable = Subject & Required<Pick<Subject, "pathPoint">>;

export const isComparable = (subject: Subject): subject is Comparable => subject.tile !== undefined;
export const isFollowable = (subject: Subject): subject is Followable => subject.pathPoint !== undefined;

/** What Python sends of an input. */
interface Message {
  v?: number;
  kind?: string | undefined;
}

export interface InputKind<Input extends Message = Message> {
  /** As in the message. */
  name: string;
  /** Ways to lay it out: values of the option `view`, each with its label. */
  layouts?: Record<string, string>;
  /** The layout that a narrow card begins with. */
  narrow?: string;
  /** Whether this one can be laid out in one way only. */
  single?(input: Input): boolean;
  /** Whether the answer can lie over the input, more or less opaque. */
  overlay?: boolean;
  read(input: Input): Subject;
}

const kinds = new Map<string, InputKind>();

export function registerKind<Input extends Message>(kind: InputKind<Input>): void {
  kinds.set(kind.name, kind);
}

export function kindOf({ kind }: Message): InputKind | undefined {
  return kinds.get(kind ?? "");
}

/** The ways to lay an input out; null where there is no choice. */
export function layoutsOf(input: Message): Record<string, string> | null {
  const kind = kindOf(input);
  return kind?.single?.(input) ? null : (kind?.layouts ?? null);
}

export function readSubject(input: Message): Subject {
  if (!input.kind)
    throw new Error("There is nothing to explain in this widget; make it with whylight.explain.");
  assertVersion(input.v);
  const kind = kindOf(input);
  if (kind) return kind.read(input);
  throw new Error(
    `This widget draws ${[...kinds.keys()].join(", ")} and was given an input of the kind ${input.kind}. ` +
      "Restart the kernel and reload the page, so that both come from the same release.",
  );
}
