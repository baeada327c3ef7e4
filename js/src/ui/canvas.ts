// A sharp 2-D canvas that fills its box, and a scheduler that paints at most once per frame.
// Knows nothing about what is painted.
import type { Raster } from "../paint/raster";
import { make } from "./dom";

export interface Surface {
  canvas: HTMLCanvasElement;
  /** Paint now; `draw` gets the size in device pixels. */
  paint(): void;
}

export function createSurface(
  box: HTMLElement,
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
  signal: AbortSignal,
): Surface {
  const canvas = document.createElement("canvas");
  canvas.className = "whylight-canvas";
  box.append(canvas);
  const context = canvas.getContext("2d");
  const paint = () => {
    if (context && canvas.width && canvas.height) draw(context, canvas.width, canvas.height);
  };
  const resize = ([entry]: ResizeObserverEntry[]) => {
    if (!entry) return;
    const [width, height] = devicePixels(entry);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    paint();
  };
  const sizes = new ResizeObserver(resize);
  const sightings = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) paint();
  });
  observeDevicePixels(sizes, box);
  sightings.observe(box);
  const end = () => {
    sizes.disconnect();
    sightings.disconnect();
  };
  signal.addEventListener("abort", end, { once: true });
  return { canvas, paint };
}

function observeDevicePixels(observer: ResizeObserver, box: HTMLElement): void {
  try {
    observer.observe(box, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(box); // Safari knows no device pixels and throws a TypeError
  }
}

/** Exact device pixels where the browser tells them; emulated scale factors do not reach that box. */
function devicePixels(entry: ResizeObserverEntry): [number, number] {
  const ratio = globalThis.devicePixelRatio || 1;
  const { width, height } = entry.contentRect;
  const [guessedWidth, guessedHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  const exact = entry.devicePixelContentBoxSize?.[0];
  if (!exact || Math.abs(exact.inlineSize - guessedWidth) > 1) return [guessedWidth, guessedHeight];
  return [exact.inlineSize, exact.blockSize];
}

/** The pixels of a raster, to be drawn at any size. */
export function toCanvas({ width, height, data }: Raster): HTMLCanvasElement {
  const canvas = make("canvas", { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** Stretch one canvas over another; enlarged pixels stay crisp unless `smooth`. */
export function stretch(
  context: CanvasRenderingContext2D,
  source: HTMLCanvasElement,
  width: number,
  height: number,
  smooth = false,
): void {
  context.imageSmoothingEnabled = smooth || source.width > width;
  context.drawImage(source, 0, 0, width, height);
}

/** Many changes, one paint. */
export function createScheduler(paint: () => void, signal: AbortSignal): () => void {
  let due = 0;
  signal.addEventListener("abort", () => cancelAnimationFrame(due), { once: true });
  return () => {
    if (due || signal.aborted) return;
    due = requestAnimationFrame(() => {
      due = 0;
      paint();
    });
  };
}
