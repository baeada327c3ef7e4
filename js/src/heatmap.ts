// The picture view: input and attribution side by side, overlaid, or under a divider; one pixel probed exactly.
// Knows nothing about models, traits or how values were computed.
import { createScheduler, createSurface } from "./canvas";
import { Cursor } from "./cursor";
import { focusable, type IconName, icon, make, setText } from "./dom";
import { signed, unit } from "./format";
import { probeText } from "./probe";
import { mapRaster, overlayRaster, type Paint, photoRaster, type Raster } from "./raster";
import { type PictureScene, unitOf } from "./scene";
import { Zoom } from "./zoom";

export interface PictureLook extends Paint {
  view: string;
  selection: number[];
}

export interface PictureView {
  node: HTMLElement;
  /** Room for the legend beside the attribution. */
  aside: HTMLElement;
  draw(scene: PictureScene, look: PictureLook): void;
}

type Source = HTMLCanvasElement;

export function createHeatmap(pin: (selection: number[]) => void, signal: AbortSignal): PictureView {
  const input = pane("Input");
  const map = pane("Attribution");
  focusable(map.box);
  const probe = make("p", { class: "whylight-probe" });
  const divider = make("input", {
    type: "range",
    class: "whylight-divider",
    "aria-label": "Divider",
    min: 0,
    max: 100,
    step: 0.5,
    value: 50,
    title: "Drag to uncover the input on the left or the attribution on the right",
  });
  map.stage.append(divider);
  const aside = make("div", { class: "whylight-aside" });
  const sources: { photo?: Source; map?: Source } = {};
  let scene: PictureScene | null = null;
  let photo: PictureScene["photo"] | null = null;
  let swipe = false;

  const repaint = createScheduler(() => {
    if (!scene) return;
    surfaces.input.paint();
    surfaces.map.paint();
    const cell = cursor.cell;
    setText(probe, cell ? probeText(scene.probe(...cell), unitOf(scene.meta)) : probeHint(scene));
  }, signal);
  const zoom = new Zoom(() => repaint());
  const cursor = new Cursor(zoom, {
    pin,
    moved(byKeyboard) {
      probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
      repaint();
    },
  });
  const paintInto =
    (which: "photo" | "map") => (context: CanvasRenderingContext2D, width: number, height: number) => {
      if (!scene) return;
      context.clearRect(0, 0, width, height);
      blit(context, sources[which], zoom, width, height);
      if (swipe && which === "map")
        uncover(context, sources.photo, zoom, width, height, divider.valueAsNumber / 100);
      if (cursor.cell) outline(context, cursor.cell, scene, zoom, width, height);
    };
  const surfaces = {
    input: createSurface(input.box, paintInto("photo"), signal),
    map: createSurface(map.box, paintInto("map"), signal),
  };
  divider.addEventListener("input", repaint, { signal });
  for (const { box } of [input, map]) {
    zoom.listen(box, signal);
    cursor.listen(box, signal);
  }
  const pictures = make("div", { class: "whylight-pictures" }, input.node, map.node, aside);
  const foot = make("div", { class: "whylight-foot" }, probe, zoomButtons(zoom, signal));
  const node = make("div", { class: "whylight-picture" }, pictures, foot);

  const draw = (next: PictureScene, look: PictureLook) => {
    scene = next;
    swipe = look.view === "swipe";
    node.dataset.view = look.view;
    node.style.setProperty("--whylight-aspect", String(next.columns / next.rows));
    const { row, column } = next.strongest ?? { row: 0, column: 0 };
    cursor.grid = { rows: next.rows, columns: next.columns, start: [row, column] };
    cursor.pinned = look.selection.length === 2 ? [look.selection[0]!, look.selection[1]!] : null;
    if (photo !== next.photo || !sources.photo) sources.photo = toCanvas(photoRaster(next.photo));
    photo = next.photo;
    sources.map = toCanvas(look.view === "overlay" ? overlayRaster(next, look) : mapRaster(next, look));
    setText(
      map.caption,
      look.view === "overlay" ? "Attribution over input" : swipe ? "Input | attribution" : "Attribution",
    );
    map.box.setAttribute("aria-label", summary(next));
    input.box.setAttribute("aria-label", `Input picture, ${next.columns} by ${next.rows} pixels`);
    surfaces.input.paint();
    surfaces.map.paint();
    repaint();
  };
  return { node, aside, draw };
}

function pane(title: string) {
  const caption = make("figcaption", { class: "whylight-caption" }, title);
  const box = make("div", { class: "whylight-box", role: "img", "aria-label": title });
  const stage = make("div", { class: "whylight-stage" }, box);
  const node = make(
    "figure",
    { class: `whylight-pane whylight-pane-${title.toLowerCase()}` },
    caption,
    stage,
  );
  return { node, caption, box, stage };
}

function zoomButtons(zoom: Zoom, signal: AbortSignal): HTMLElement {
  const button = (name: IconName, label: string, act: () => void) => {
    const element = make(
      "button",
      { type: "button", class: "whylight-tool", "aria-label": label, title: label },
      icon(name),
    );
    element.addEventListener("click", act, { signal });
    return element;
  };
  return make(
    "div",
    { class: "whylight-tools", role: "group", "aria-label": "Zoom" },
    button("minus", "Zoom out", () => zoom.by(0.5)),
    button("plus", "Zoom in", () => zoom.by(2)),
    button("fit", "Whole picture", () => zoom.fit()),
  );
}

function summary({ meta, strongest }: PictureScene): string {
  if (!meta || !strongest) return "Attribution heatmap, waiting for the first picture";
  const value = unit(signed(strongest.value), unitOf(meta));
  return (
    `Attribution heatmap, ${meta.method_label} for ${meta.target.label}: ` +
    `strongest value ${value} at row ${strongest.row}, column ${strongest.column}`
  );
}

function probeHint({ meta, strongest }: PictureScene): string {
  if (!meta || !strongest) return "";
  const value = unit(signed(strongest.value), unitOf(meta));
  return `Strongest ${value} at row ${strongest.row}, column ${strongest.column}. Point at a pixel for its value; click to pin it.`;
}

function toCanvas({ width, height, data }: Raster): Source {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

function blit(
  context: CanvasRenderingContext2D,
  source: Source | undefined,
  { lens }: Zoom,
  width: number,
  height: number,
) {
  if (!source) return;
  const [w, h] = [source.width * lens.size, source.height * lens.size];
  context.imageSmoothingEnabled = w > width;
  context.drawImage(source, lens.left * source.width, lens.top * source.height, w, h, 0, 0, width, height);
}

function uncover(
  context: CanvasRenderingContext2D,
  source: Source | undefined,
  zoom: Zoom,
  width: number,
  height: number,
  share: number,
): void {
  context.save();
  context.beginPath();
  context.rect(0, 0, Math.round(width * share), height);
  context.clip();
  blit(context, source, zoom, width, height);
  context.restore();
}

/** A ring around the probed pixel, never smaller than the eye can find. */
function outline(
  context: CanvasRenderingContext2D,
  [row, column]: [number, number],
  scene: PictureScene,
  { lens }: Zoom,
  width: number,
  height: number,
): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const [cellWidth, cellHeight] = [width / scene.columns / lens.size, height / scene.rows / lens.size];
  const [w, h] = [Math.max(cellWidth, 8 * ratio), Math.max(cellHeight, 8 * ratio)];
  const x = ((column + 0.5) / scene.columns - lens.left) * (width / lens.size) - w / 2;
  const y = ((row + 0.5) / scene.rows - lens.top) * (height / lens.size) - h / 2;
  for (const [color, line] of [
    ["#000", 3],
    ["#fff", 1.5],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = line * ratio;
    context.strokeRect(x, y, w, h);
  }
}
