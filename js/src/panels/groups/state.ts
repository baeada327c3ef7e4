// What the panel of groups is given to show, and what it asks for.
// Knows nothing about how it is shown.
import type { ComputeOptions } from "../../kernel/options";
import type { OnSelect } from "../../ui/drawing";
import type { Now } from "../panel";

export interface GroupActions {
  /** The panel was opened or closed. */
  follow(open: boolean): void;
  ask(changes: Partial<ComputeOptions>): void;
  grow(): void;
  /** Numbers of units. */
  select: OnSelect;
}

/** Everything the panel shows. */
export type GroupsState = Omit<Now, "path">;
