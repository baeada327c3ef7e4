// Input and attribution as pictures: side by side, overlaid, or under a divider; one pixel probed exactly.
// Knows nothing about models, traits or how values were computed.
import type { PlaneAxis } from "../kernel/protocol";
import { answerRaster } from "../paint/answer";
import { photoRaster } from "../paint/raster";
import type { Look } from "../scenes/look";
import type { PictureScene } from "../scenes/picture";
import { type Axes, createAxes } from "../ui/axes";
import { createScheduler, createSurface, type Surface, toCanvas } from "../ui/canvas";
import { focusable, make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { createPane } from "../ui/pane";
import { PixelCursor } from "../ui/pixel-cursor";
import { type Lens, Zoom } from "../ui/zoom";
import { zoomButtons } from "../ui/zoom-buttons";
import { PICTURE_WORDS, type PictureWords } from "../wording/picture";
import { named } from "../wording/reading";

type Paint = (context: CanvasRenderingContext2D, width: number, height: number) => void;

const TITLES: Record<string, string> = { overlay: "Attribution over input", swipe: "Input | attribution" };

export class Heatmap<S extends PictureScene = PictureScene> implements Drawing<S> {
  readonly node: HTMLElement;
  #input = createPane("Input");
  #map = createPane("Attribution");
  #probe = make("p", { class: "whylight-probe" });
  #divider = make("input", {
    type: "range",
    class: "whylight-divider",
    "aria-label": "Divider",
    min: 0,
    max: 100,
    step: 0.5,
    value: 50,
    title: "Drag to uncover the input on the left or the attribution on the right",
  });
  #surfaces: Surface[];
  #axes: Axes[] = [];
  readonly repaint: () => void;
  readonly zoom: Zoom;
  /** Buttons under the picture. */
  readonly tools = make("div", { class: "whylight-foot-tools" });
  #cursor: PixelCursor;
  #scene: S | null = null;
  #words: PictureWords<S>;
  #look: Look | null = null;
  #photo: HTMLCanvasElement | null = null;
  #colors: HTMLCanvasElement | null = null;

  /** `aside` stands beside the attribution: the legend. */
  constructor(
    aside: HTMLElement,
    pin: (pixel: number[]) => void,
    signal: AbortSignal,
    words: PictureWords<S> = PICTURE_WORDS,
    axes: PlaneAxis[] = [],
  ) {
    this.#words = words;
    if (axes.length) this.#axes = [this.#input, this.#map].map(({ stage }) => createAxes(stage, axes));
    this.repaint = createScheduler(() => this.#paint(), signal);
    this.zoom = new Zoom(this.repaint);
    this.#cursor = new PixelCursor(this.zoom, { pin, moved: (byKeyboard) => this.#moved(byKeyboard) });
    focusable(this.#map.box);
    this.#map.stage.append(this.#divider);
    this.#surfaces = [
      createSurface(this.#input.box, this.#drawInput, signal),
      createSurface(this.#map.box, this.#drawMap, signal),
    ];
    this.#divider.addEventListener("input", this.repaint, { signal });
    for (const { box } of [this.#input, this.#map]) {
      this.zoom.listen(box, signal);
      this.#cursor.listen(box, signal);
    }
    const pictures = make("div", { class: "whylight-pictures" }, this.#input.node, this.#map.node, aside);
    const foot = make("div", { class: "whylight-foot" }, this.#probe, this.tools);
    this.tools.append(zoomButtons(this.zoom, "picture", signal));
    this.node = make("div", { class: "whylight-picture" }, pictures, foot);
  }

  draw(scene: S, look: Look): void {
    const { rows, columns, strongest } = scene;
    if (this.#scene?.photo !== scene.photo) this.#photo = toCanvas(photoRaster(scene.photo));
    this.#colors = toCanvas(answerRaster(scene, look));
    [this.#scene, this.#look] = [scene, look];
    this.node.dataset.view = look.view;
    this.node.style.setProperty("--whylight-aspect", String(columns / rows));
    this.#cursor.grid = { rows, columns, start: [strongest?.row ?? 0, strongest?.column ?? 0] };
    const [row, column] = look.pixel;
    this.#cursor.pinned = row === undefined || column === undefined ? null : [row, column];
    setText(this.#map.caption, TITLES[look.view] ?? "Attribution");
    this.#map.box.setAttribute("aria-label", named(this.#words.summary(scene), scene.meta, look.detail));
    this.#input.box.setAttribute("aria-label", this.#words.input(scene));
    this.#paint();
  }

  /** Columns by rows. */
  aspect(): number {
    const { columns = 1, rows = 1 } = this.#scene ?? {};
    return columns / rows;
  }

  /** One more canvas over either picture, painted with them. */
  lay(
    paint: (context: CanvasRenderingContext2D, lens: Lens) => void,
    signal: AbortSignal,
  ): HTMLCanvasElement[] {
    const made = [this.#input, this.#map].map(({ box }) =>
      createSurface(box, (context) => paint(context, this.zoom.lens), signal),
    );
    this.#surfaces.push(...made);
    return made.map(({ canvas }) => canvas);
  }

  #moved(byKeyboard: boolean): void {
    this.#probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    this.repaint();
  }

  #paint(): void {
    if (!this.#scene) return;
    for (const surface of this.#surfaces) surface.paint();
    for (const axes of this.#axes) axes.draw(this.#scene, this.zoom.lens);
    const cell = this.#cursor.cell;
    setText(this.#probe, cell ? this.#words.probe(this.#scene, ...cell) : this.#words.hint(this.#scene));
  }

  #drawInput: Paint = (context, width, height) => {
    blit(context, this.#photo, this.zoom.lens, width, height);
    this.#outline(context, width, height);
  };

  #drawMap: Paint = (context, width, height) => {
    blit(context, this.#colors, this.zoom.lens, width, height);
    if (this.#look?.view === "swipe") {
      context.save();
      context.beginPath();
      context.rect(0, 0, Math.round((width * this.#divider.valueAsNumber) / 100), height);
      context.clip();
      blit(context, this.#photo, this.zoom.lens, width, height);
      context.restore();
    }
    this.#mark(context, width, height);
    this.#outline(context, width, height);
  };

  /** The numbers of regions that the sentence tells of. */
  #mark(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.#scene?.marks.length) return;
    const { rows, columns, marks } = this.#scene;
    const { left, top, size } = this.zoom.lens;
    const ratio = globalThis.devicePixelRatio || 1;
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    [context.textAlign, context.textBaseline, context.lineJoin] = ["center", "middle", "round"];
    [context.strokeStyle, context.fillStyle, context.lineWidth] = ["#000", "#fff", 3 * ratio];
    for (const { text, row, column } of marks) {
      const x = ((column + 0.5) / columns - left) * (width / size);
      const y = ((row + 0.5) / rows - top) * (height / size);
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
  }

  /** A ring around the probed pixel, never smaller than the eye can find. */
  #outline(context: CanvasRenderingContext2D, width: number, height: number): void {
    const cell = this.#cursor.cell;
    if (!cell || !this.#scene) return;
    const { rows, columns } = this.#scene;
    const { left, top, size } = this.zoom.lens;
    const ratio = globalThis.devicePixelRatio || 1;
    const w = Math.max(width / columns / size, 8 * ratio);
    const h = Math.max(height / rows / size, 8 * ratio);
    const x = ((cell[1] + 0.5) / columns - left) * (width / size) - w / 2;
    const y = ((cell[0] + 0.5) / rows - top) * (height / size) - h / 2;
    for (const [color, line] of [["#000", 3] as const, ["#fff", 1.5] as const]) {
      context.strokeStyle = color;
      context.lineWidth = line * ratio;
      context.strokeRect(x, y, w, h);
    }
  }
}

function blit(
  context: CanvasRenderingContext2D,
  source: HTMLCanvasElement | null,
  { left, top, size }: Lens,
  width: number,
  height: number,
): void {
  if (!source) return;
  const [w, h] = [source.width * size, source.height * size];
  context.imageSmoothingEnabled = w > width;
  context.drawImage(source, left * source.width, top * source.height, w, h, 0, 0, width, height);
}
