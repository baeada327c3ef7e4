// What everything drawn on a card has in common: an element, and a way to show the next scene on it.
// Knows nothing about scenes.
import type { Look } from "../scenes/look";

export interface Drawing<Scene, Drawn = void> {
  readonly node: HTMLElement;
  draw(scene: Scene, look: Look): Drawn;
}

/** Told which numbered parts were selected, ascending; not `done` while the pointer is still down. */
export type OnSelect = (items: number[], done?: boolean) => void;
