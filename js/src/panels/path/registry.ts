// The panel of the path, in bundles whose inputs have one; the others do without its code.
// Knows nothing about how it is made.
import type { Feed } from "../../kernel/feed";
import type { Followable } from "../../views/kind";
import type { PathPanel } from "./panel";

export type PathPanelOf = (
  subject: Followable,
  feed: Pick<Feed, "follow" | "followFrom">,
  signal: AbortSignal,
) => PathPanel;

let made: PathPanelOf | null = null;

export function registerPathPanel(make: PathPanelOf): void {
  made = make;
}

/** Null in a bundle without it. */
export const pathPanel = (...given: Parameters<PathPanelOf>): PathPanel | null => made?.(...given) ?? null;
