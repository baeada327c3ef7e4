// What the panel of groups is given to show, and what it asks for.
// Knows nothing about how it is shown.
import type { ComputeOptions } from "../../kernel/options";
import type { Edit } from "../../kernel/protocol";
import type { OnSelect } from "../../ui/drawing";
import type { Now } from "../panel";

export interface GroupActions {
  /** The panel was opened or closed. */
  follow(open: boolean): void;
  ask(changes: Partial<ComputeOptions>): void;
  grow(): void;
  /** Numbers of units. */
  select: OnSelect;
  /** Put a baseline in the place of what is selected: the input becomes another sample. Where the input can be changed so. */
  erase?(change: Pick<Edit, "areas" | "units" | "fill">): void;
}

/** Everything the panel shows. */
export type GroupsState = Omit<Now, "path">;
