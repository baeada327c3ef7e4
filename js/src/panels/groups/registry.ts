// Which inputs have a panel of groups. A bundle whose inputs have none does without the panel's code.
// Knows nothing about any one kind, or how the panel is made.
import type { Subject } from "../../views/kind";
import type { GroupsPanel } from "./panel";
import type { GroupActions } from "./state";

type SubjectClass<S extends Subject> = abstract new (...given: never) => S;
export type PanelOf<S extends Subject> = (
  subject: S,
  actions: GroupActions,
  signal: AbortSignal,
) => GroupsPanel;

const panels: [SubjectClass<Subject>, PanelOf<Subject>][] = [];

export function registerPanel<S extends Subject>(type: SubjectClass<S>, panelOf: PanelOf<S>): void {
  panels.push([type, panelOf as PanelOf<Subject>]);
}

/** Null for inputs that have no groups. */
export function groupsPanelOf(subject: Subject): PanelOf<Subject> | null {
  const [, panelOf] = panels.find(([type]) => subject instanceof type) ?? [];
  return panelOf ?? null;
}
