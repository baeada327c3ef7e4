// What the panel of groups is given to show, and what it asks for.
// Knows nothing about how it is shown.
import type { State } from "../../kernel/feed";
import type { ComputeOptions } from "../../kernel/options";
import type { Choices, Frame, Groups } from "../../kernel/protocol";
import type { OnSelect } from "../../ui/drawing";

export interface GroupActions {
  /** The panel was opened or closed. */
  follow(open: boolean): void;
  ask(changes: Partial<ComputeOptions>): void;
  grow(): void;
  /** Numbers of units. */
  select: OnSelect;
}

/** Everything the panel shows. */
export interface GroupsState {
  frame: Frame | null;
  groups: Groups | null;
  choices: Choices;
  options: ComputeOptions;
  state: State;
}
