// Zoom and pan of a picture: which part of it is seen. Plain scrolling stays with the page.
// Knows nothing about what the picture shows.
export interface Lens {
  /** Visible part in fractions of the picture. */
  left: number;
  top: number;
  size: number;
}

const DEEPEST = 1 / 64; // of a picture

export class Zoom {
  lens: Lens = { left: 0, top: 0, size: 1 };
  #changed: () => void;
  #deepest: number;

  constructor(changed: () => void, deepest = DEEPEST) {
    [this.#changed, this.#deepest] = [changed, deepest];
  }

  /** Magnify by `factor` around a point given in fractions of the box. */
  by(factor: number, x = 0.5, y = 0.5): void {
    const { left, top, size } = this.lens;
    const next = Math.min(1, Math.max(this.#deepest, size / factor));
    this.#move(left + x * (size - next), top + y * (size - next), next);
  }

  fit(): void {
    this.#move(0, 0, 1);
  }

  pan(dx: number, dy: number): void {
    const { left, top, size } = this.lens;
    this.#move(left - dx * size, top - dy * size, size);
  }

  /** Bring a point of the picture into sight. */
  reveal(x: number, y: number): void {
    const { left, top, size } = this.lens;
    const into = (from: number, point: number) =>
      Math.min(Math.max(from, point - 0.95 * size), point - 0.05 * size);
    if (size < 1) this.#move(into(left, x), into(top, y), size);
  }

  /** From a point of the box to a point of the picture, both in fractions. */
  toPicture(x: number, y: number): [number, number] {
    return [this.lens.left + x * this.lens.size, this.lens.top + y * this.lens.size];
  }

  /** See from one fraction to another, side by side. */
  between(left: number, right: number): void {
    this.#move(left, this.lens.top, Math.min(1, Math.max(this.#deepest, right - left)));
  }

  /** Ctrl + wheel (a pinch on a touchpad) magnifies, a wheel sideways pans. */
  listenToWheel(box: HTMLElement, signal: AbortSignal): void {
    box.addEventListener("wheel", (event) => this.#wheel(event, box), { passive: false, signal });
  }

  /** The wheel, and dragging pans a magnified picture. */
  listen(box: HTMLElement, signal: AbortSignal): void {
    this.listenToWheel(box, signal);
    box.addEventListener("pointermove", (event) => this.#drag(event, box), { signal });
  }

  #wheel(event: WheelEvent, box: HTMLElement): void {
    const sideways = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    if (!event.ctrlKey && !event.metaKey) {
      if (!sideways || this.lens.size === 1) return;
      event.preventDefault();
      this.pan(-sideways / (box.clientWidth || 1), 0);
      return;
    }
    event.preventDefault();
    const [x, y] = fractions(event, box);
    this.by(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.004)), x, y);
  }

  #drag(event: PointerEvent, box: HTMLElement): void {
    if (!(event.buttons & 1) || this.lens.size === 1) return;
    box.setPointerCapture(event.pointerId);
    this.pan(event.movementX / box.clientWidth, event.movementY / box.clientHeight);
  }

  #move(left: number, top: number, size: number): void {
    const within = (start: number) => Math.min(1 - size, Math.max(0, start));
    this.lens = { left: within(left), top: within(top), size };
    this.#changed();
  }
}

export function fractions(event: MouseEvent, box: HTMLElement): [number, number] {
  const { left, top, width, height } = box.getBoundingClientRect();
  return [(event.clientX - left) / (width || 1), (event.clientY - top) / (height || 1)];
}
