// The pixel under the pointer, the keyboard or a pin. Enter or a click pins, Escape lets go.
// Knows nothing about values or drawing.
import { fractions, type Zoom } from "./zoom";

export interface Grid {
  rows: number;
  columns: number;
  /** Where the keyboard starts. */
  start: [number, number];
}

interface CursorActions {
  moved(byKeyboard: boolean): void;
  pin(pixel: number[]): void;
}

/** Arrow keys as steps down and to the right. */
export const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export class PixelCursor {
  grid: Grid = { rows: 1, columns: 1, start: [0, 0] };
  pinned: [number, number] | null = null;
  #at: [number, number] | null = null;
  #zoom: Zoom;
  #actions: CursorActions;

  constructor(zoom: Zoom, actions: CursorActions) {
    this.#zoom = zoom;
    this.#actions = actions;
  }

  get cell(): [number, number] | null {
    const cell = this.#at ?? this.pinned;
    const inside = (place: number, size: number) => Number.isInteger(place) && place >= 0 && place < size;
    return cell && inside(cell[0], this.grid.rows) && inside(cell[1], this.grid.columns) ? cell : null;
  }

  listen(box: HTMLElement, signal: AbortSignal): void {
    box.addEventListener("pointermove", (event) => this.#point(event, box), { signal });
    box.addEventListener("pointerleave", () => this.#to(null, false), { signal });
    box.addEventListener("blur", () => this.#to(null, false), { signal });
    let pressed: [number, number] = [0, 0];
    const press = (event: PointerEvent) => {
      pressed = [event.clientX, event.clientY];
    };
    const click = (event: MouseEvent) => {
      if (Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < 4) this.#pin();
    };
    box.addEventListener("pointerdown", press, { signal });
    box.addEventListener("click", click, { signal });
    box.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  #point(event: PointerEvent, box: HTMLElement): void {
    const [x, y] = this.#zoom.toPicture(...fractions(event, box));
    const { rows, columns } = this.grid;
    const inside = x >= 0 && x < 1 && y >= 0 && y < 1;
    this.#to(inside ? [Math.floor(y * rows), Math.floor(x * columns)] : null, false);
  }

  #key(event: KeyboardEvent): void {
    const step = ARROWS[event.key];
    if (step) this.#step(step, event.shiftKey ? 10 : 1);
    else if (event.key === "Enter") this.#pin();
    else if (event.key === "Escape") this.#release();
    else if (event.key === "+" || event.key === "=") this.#zoom.by(2);
    else if (event.key === "-") this.#zoom.by(0.5);
    else if (event.key === "0") this.#zoom.fit();
    else return;
    event.preventDefault();
  }

  #step([down, right]: [number, number], distance: number): void {
    const { rows, columns, start } = this.grid;
    const from = this.cell;
    const clamp = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
    const [row, column] = from
      ? [clamp(from[0] + down * distance, rows), clamp(from[1] + right * distance, columns)]
      : start;
    this.#zoom.reveal((column + 0.5) / columns, (row + 0.5) / rows);
    this.#to([row, column], true);
  }

  #pin(): void {
    const cell = this.cell;
    if (!cell) return;
    const again = this.pinned?.[0] === cell[0] && this.pinned[1] === cell[1];
    this.#actions.pin(again ? [] : [...cell]);
  }

  #release(): void {
    this.#at = null;
    this.#actions.pin([]);
    this.#actions.moved(true);
  }

  #to(cell: [number, number] | null, byKeyboard: boolean): void {
    this.#at = cell;
    this.#actions.moved(byKeyboard);
  }
}
