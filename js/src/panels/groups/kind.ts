// What a kind of input brings to the panel of groups: its words, and where its groups are seen and selected.
// Knows nothing about any one kind.
import type { Traits } from "../../kernel/protocol";
import type { GroupScene } from "../../scenes/groups";
import type { Drawing, OnSelect } from "../../ui/drawing";
import type { Legend } from "../../ui/legend";
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
