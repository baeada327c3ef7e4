// A lasso over the areas of a picture: pointer and keyboard to what is under them and what they select.
// A click takes a group, a drag what it touches and encloses; Shift adds, Alt takes away. Knows nothing about scores or drawing.
import {
  combined,
  lassoed,
  type Mode,
  middleOf,
  type Pixel,
  type Point,
  pixelAt,
  stepped,
  touched,
  type UnitMap,
  unitAt,
} from "../scenes/areas";
import type { OnSelect } from "./drawing";
import { ARROWS } from "./pixel-cursor";
import { fractions } from "./zoom";

/** What lies under the brush: areas, joined to the groups of one level. */
export interface SelectableAreas {
  map: UnitMap;
  /** The group of every unit, and the units of every group. */
  groupOf: ArrayLike<number>;
  groups: readonly number[][];
  selected: readonly number[];
  /** The unit the keyboard starts from. */
  start: number;
}

interface BrushActions {
  /** What is under the pointer or the stroke has changed. */
  moved(byKeyboard: boolean): void;
  /** Told while a stroke goes on, too. */
  select: OnSelect;
}

interface Stroke {
  mode: Mode;
  /** What was selected before. */
  base: readonly number[];
  points: Point[];
  wall: Set<number>;
  pressed: Point;
  far: boolean;
}

/** Screen pixels within which a press is a click. */
const STILL = 4;
/** A stroke under way is told at most this often, ms. */
const INTERVAL = 150;

export class AreaBrush {
  #areas: SelectableAreas | null = null;
  #at: Pixel | null = null;
  #stroke: Stroke | null = null;
  #pending: number[] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #actions: BrushActions;

  constructor(actions: BrushActions, signal: AbortSignal) {
    this.#actions = actions;
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Other areas may lie under the same pointer. */
  set areas(areas: SelectableAreas | null) {
    if (areas?.map !== this.#areas?.map) {
      this.#end();
      this.#at = null;
    }
    this.#areas = areas;
  }

  /** Units of the group under the pointer or the keyboard; none during a stroke. */
  get under(): readonly number[] | null {
    if (!this.#areas || !this.#at || this.#pending) return null;
    return this.#groupAt(this.#at);
  }

  /** What a stroke under way would select. */
  get pending(): readonly number[] | null {
    return this.#pending;
  }

  get path(): readonly Point[] {
    return this.#stroke?.far ? this.#stroke.points : [];
  }

  listen(box: HTMLElement, signal: AbortSignal): void {
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      act: (event: HTMLElementEventMap[K]) => void,
    ): void => {
      box.addEventListener(type, act, { signal });
    };
    on("pointerdown", (event) => this.#press(event, box));
    on("pointermove", (event) => this.#move(event, box));
    on("pointerup", () => this.#release());
    on("pointercancel", () => this.#abandon());
    on("pointerleave", () => this.#leave());
    on("blur", () => this.#leave());
    on("keydown", (event) => this.#key(event));
  }

  #press(event: PointerEvent, box: HTMLElement): void {
    if (!this.#areas || !event.isPrimary || event.button !== 0) return;
    box.setPointerCapture?.(event.pointerId);
    const point = fractions(event, box);
    const mode = event.altKey ? "remove" : event.shiftKey ? "add" : "replace";
    const pressed: Point = [event.clientX, event.clientY];
    const { map, selected: base } = this.#areas;
    this.#stroke = { mode, base, wall: touched(map, point, point), points: [point], pressed, far: false };
  }

  #move(event: PointerEvent, box: HTMLElement): void {
    if (!this.#areas) return;
    const point = fractions(event, box);
    const inside = point.every((place) => place >= 0 && place < 1);
    this.#at = inside ? pixelAt(this.#areas.map, point) : null;
    if (this.#stroke) this.#draw(this.#stroke, event, point);
    this.#actions.moved(false);
  }

  #draw(stroke: Stroke, event: PointerEvent, point: Point): void {
    const { map } = this.#areas!;
    const [x, y] = stroke.pressed;
    stroke.far ||= Math.hypot(event.clientX - x, event.clientY - y) >= STILL;
    for (const unit of touched(map, stroke.points.at(-1)!, point)) stroke.wall.add(unit);
    stroke.points.push(point);
    if (!stroke.far) return;
    const units = combined(stroke.base, lassoed(map, stroke.wall), stroke.mode);
    if (units.join() === this.#pending?.join()) return;
    this.#pending = units;
    this.#timer ??= setTimeout(() => this.#tell(), INTERVAL);
  }

  /** The next key may come before the page is painted. */
  #select(units: number[]): void {
    if (this.#areas) this.#areas = { ...this.#areas, selected: units };
    this.#actions.select(units);
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#pending) this.#select(this.#pending);
  }

  #end(): void {
    clearTimeout(this.#timer);
    [this.#timer, this.#stroke, this.#pending] = [undefined, null, null];
  }

  #release(): void {
    const [areas, stroke, pending] = [this.#areas, this.#stroke, this.#pending];
    this.#end();
    if (!areas || !stroke) return;
    if (pending) this.#select(pending);
    else this.#take(pixelAt(areas.map, stroke.points[0]!), stroke.mode);
    this.#actions.moved(false);
  }

  /** As if the stroke had never begun. */
  #abandon(): void {
    const stroke = this.#stroke;
    this.#end();
    if (stroke?.far) this.#select([...stroke.base]);
    this.#leave();
  }

  #leave(): void {
    if (this.#stroke) return;
    this.#at = null;
    this.#actions.moved(false);
  }

  #groupAt(pixel: Pixel): readonly number[] {
    const { map, groupOf, groups } = this.#areas!;
    return groups[groupOf[unitAt(map, pixel)]!] ?? [];
  }

  /** Take the group at a pixel; taking the one that is selected lets go of it. */
  #take(pixel: Pixel, mode: Mode): void {
    const { selected } = this.#areas!;
    const group = this.#groupAt(pixel);
    const units = combined(selected, group, mode);
    const again = mode === "replace" && units.join() === combined(selected, [], "add").join();
    this.#select(again ? [] : units);
  }

  #key(event: KeyboardEvent): void {
    if (!this.#areas) return;
    const step = ARROWS[event.key];
    if (step) this.#step(step, event.shiftKey);
    else if (event.key === " ") this.#toggle();
    else if (event.key === "Enter") this.#enter();
    else if (event.key === "Escape") this.#clear();
    else return;
    event.preventDefault();
  }

  #step(step: Pixel, extend: boolean): void {
    const { map, groupOf, start } = this.#areas!;
    const before = this.#at;
    this.#at = before ? stepped(map, groupOf, before, step) : middleOf(map, start);
    if (extend && before) this.#extend(before, this.#at);
    this.#actions.moved(true);
  }

  /** Shift and an arrow: where it came from and where it came to. */
  #extend(from: Pixel, to: Pixel): void {
    const { selected } = this.#areas!;
    this.#select(combined(selected, [...this.#groupAt(from), ...this.#groupAt(to)], "add"));
  }

  #enter(): void {
    if (this.#at) this.#take(this.#at, "replace");
  }

  #toggle(): void {
    if (!this.#at) return;
    const { selected } = this.#areas!;
    const group = this.#groupAt(this.#at);
    this.#take(this.#at, group.every((unit) => selected.includes(unit)) ? "remove" : "add");
    this.#actions.moved(true);
  }

  /** Escape ends a stroke, or else lets go of the selection. */
  #clear(): void {
    if (this.#stroke) this.#abandon();
    else this.#select([]);
    this.#at = null;
    this.#actions.moved(true);
  }
}
