// A round brush over a picture: pointer and keyboard to strokes, in shares of the picture.
// Knows nothing about what becomes of them or how they are drawn.
import type { BrushStroke } from "../kernel/protocol";
import { ARROWS } from "../ui/pixel-cursor";
import { fractions } from "../ui/zoom";

type Place = [number, number];

/** How far an arrow key moves, in brushes. */
const STEP = 0.25;

export class Brush {
  strokes: BrushStroke[] = [];
  /** The diameter, as a share of the width. */
  size = 0.12;
  /** Where the pointer or the keyboard is. */
  at: Place | null = null;
  #drawing = false;
  #changed: () => void;
  #aspect: () => number;

  /** `aspect`: how many times as wide as high the picture is. */
  constructor(changed: () => void, aspect: () => number) {
    [this.#changed, this.#aspect] = [changed, aspect];
  }

  undo(): void {
    this.strokes.pop();
    this.#changed();
  }

  clear(): void {
    [this.strokes, this.at] = [[], null];
    this.#changed();
  }

  /** `toPicture`: from shares of the box to shares of the picture. */
  listen(box: HTMLElement, toPicture: (x: number, y: number) => Place, signal: AbortSignal): void {
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      act: (event: HTMLElementEventMap[K]) => void,
    ) => {
      box.addEventListener(type, act, { signal });
    };
    const move = (event: PointerEvent) => {
      event.stopPropagation(); // what lies under it is left alone
      this.at = toPicture(...fractions(event, box));
      if (this.#drawing) this.strokes.at(-1)?.points.push(...this.at);
      this.#changed();
    };
    on("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      box.setPointerCapture?.(event.pointerId);
      this.#drawing = true;
      this.strokes.push({ points: [], size: this.size });
      move(event);
    });
    on("pointermove", move);
    for (const end of ["pointerup", "pointercancel"] as const) on(end, () => this.#leave());
    on("pointerleave", () => !this.#drawing && this.#leave());
    on("click", (event) => event.stopPropagation());
    on("keydown", (event) => this.#key(event));
  }

  #leave(): void {
    [this.#drawing, this.at] = [false, null];
    this.#changed();
  }

  #key(event: KeyboardEvent): void {
    const [x, y] = this.at ?? [0.5, 0.5];
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    const dab = event.key === " ";
    if (!dab && !ARROWS[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const step = STEP * this.size;
    const inside = (share: number) => Math.min(1, Math.max(0, share));
    this.at = [inside(x + right * step), inside(y + down * step * this.#aspect())];
    if (dab) this.strokes.push({ points: [...this.at], size: this.size });
    this.#changed();
  }
}
