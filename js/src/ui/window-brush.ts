// Selecting windows along a line: drag for a run, a click for one, again to let go; Ctrl adds to what is selected.
// Knows nothing about what the windows hold or how they look.
import { ascending } from "../scenes/groups";
import type { OnSelect } from "./drawing";

export interface Windows {
  /** The window under the pointer; −1 where there is none. */
  unitAt(event: PointerEvent): number;
  selection(): readonly number[];
  select: OnSelect;
}

interface Drag {
  from: number;
  to: number;
  x: number;
  moved: boolean;
  before: readonly number[];
  kept: readonly number[];
}

/** Screen pixels within which a press is a click. */
const STILL = 4;

export class WindowBrush {
  #windows: Windows;
  #drag: Drag | null = null;

  constructor(box: HTMLElement, windows: Windows, signal: AbortSignal) {
    this.#windows = windows;
    box.addEventListener("pointerdown", (event) => this.#press(event, box), { signal });
    box.addEventListener("pointermove", (event) => this.#move(event), { signal });
    box.addEventListener("pointerup", () => this.#release(), { signal });
    box.addEventListener("pointercancel", () => this.#cancel(), { signal });
  }

  /** Take a window, or let go of it. */
  toggle(unit: number): void {
    const selection = this.#windows.selection();
    const without = selection.filter((one) => one !== unit);
    this.#windows.select(without.length < selection.length ? without : ascending([...selection, unit]));
  }

  #press(event: PointerEvent, box: HTMLElement): void {
    const from = this.#windows.unitAt(event);
    if (from < 0 || event.button !== 0 || !event.isPrimary) return;
    box.setPointerCapture?.(event.pointerId);
    const before = this.#windows.selection();
    const adds = event.ctrlKey || event.metaKey || event.shiftKey;
    this.#drag = { from, to: from, x: event.clientX, moved: false, before, kept: adds ? before : [] };
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    const to = drag ? this.#windows.unitAt(event) : -1;
    if (!drag || to < 0) return;
    const begins = !drag.moved && Math.abs(event.clientX - drag.x) >= STILL;
    drag.moved ||= begins;
    if (!drag.moved || (to === drag.to && !begins)) return;
    drag.to = to;
    this.#windows.select(chosen(drag), false);
  }

  #release(): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    const alone = drag.before.length === 1 && drag.before[0] === drag.from;
    if (!drag.moved && drag.kept.length) this.toggle(drag.from);
    else this.#windows.select(!drag.moved && alone ? [] : chosen(drag));
  }

  #cancel(): void {
    if (this.#drag?.moved) this.#windows.select([...this.#drag.before]);
    this.#drag = null;
  }
}

function chosen({ from, to, kept }: Drag): number[] {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  return ascending([...kept, ...Array.from({ length: last - first + 1 }, (_, i) => first + i)]);
}
