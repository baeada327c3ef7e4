// What a kind of input says to have a panel of groups.
// Knows nothing about any one kind.
import type { Subject } from "../../views/kind";
import type { GroupKind } from "./kind";
import { createGroupsPanel } from "./panel";
import { registerPanel } from "./registry";

/** Inputs of this class have groups. */
export function registerGroups<S extends Subject>(
  type: abstract new (...given: never) => S,
  kindOf: (subject: S) => GroupKind,
): void {
  registerPanel(type, (subject, actions, signal) => createGroupsPanel(kindOf(subject), actions, signal));
}
