// What a kind of input brings to the panel of groups: its words, and where its groups are seen and selected. The registry of kinds.
// Knows nothing about any one kind.
import type { Traits } from "../../kernel/protocol";
import type { GroupScene } from "../../scenes/groups";
import type { Drawing, OnSelect } from "../../ui/drawing";
import type { Legend } from "../../ui/legend";
import type { Subject } from "../../views/kind";
import type { GroupWords } from "../../wording/groups";

export interface GroupDrawing extends Drawing<GroupScene> {
  /** Its own, where colours mean something else from one level to the next. */
  legend?: Legend;
}

export interface GroupKind extends GroupWords {
  /** Of the panel. */
  name: string;
  /** How one selects, in a sentence. */
  hint: string;
  /** How what groups are made of is asked for, and named where no choice on offer does; that of pictures without it. */
  made?: { label: string; named(units: Traits["units"]): string };
  drawing(select: OnSelect, signal: AbortSignal): GroupDrawing;
}

type SubjectClass<S extends Subject> = abstract new (...given: never) => S;
type KindOf<S extends Subject> = (subject: S) => GroupKind;

const kinds: [SubjectClass<Subject>, KindOf<Subject>][] = [];

/** Inputs of this class have groups. */
export function registerGroups<S extends Subject>(type: SubjectClass<S>, kindOf: KindOf<S>): void {
  kinds.push([type, kindOf as KindOf<Subject>]);
}

/** Null for inputs that have no groups. */
export function groupKindOf(subject: Subject): GroupKind | null {
  const [, kindOf] = kinds.find(([type]) => subject instanceof type) ?? [];
  return kindOf?.(subject) ?? null;
}
