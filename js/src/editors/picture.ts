// A brush over a picture to erase parts of it with: its size, what takes their place, and a way back.
// Knows nothing about what becomes of it.
import { decodeArray } from "../kernel/decode";
import type { BrushStroke, Choice } from "../kernel/protocol";
import { percent } from "../numbers";
import { photoRaster } from "../paint/raster";
import { drawRing, drawStrokes } from "../paint/strokes";
import { toCanvas } from "../ui/canvas";
import { focusable, make } from "../ui/dom";
import { rangeField, selectField } from "../ui/fields";
import type { Lens, Zoom } from "../ui/zoom";
import { Brush } from "./brush";
import { createEditorFoot, editButton } from "./foot";

/** What the brush paints over. */
export interface Paintable {
  zoom: Zoom;
  aspect(): number;
  /** One more canvas over every picture, painted with them. */
  lay(
    paint: (context: CanvasRenderingContext2D, lens: Lens) => void,
    signal: AbortSignal,
  ): HTMLCanvasElement[];
  repaint(): void;
}

interface Actions {
  /** What can take the place of what is erased, the usual first. */
  fills(): Choice[];
  take(strokes: BrushStroke[], fill: string | null): void;
  opened(open: boolean): void;
}

export function createPictureEditor(picture: Paintable, actions: Actions, signal: AbortSignal) {
  const brush = new Brush(
    () => changed(),
    () => picture.aspect(),
  );
  let [fill, fills]: [HTMLCanvasElement | null, Choice[]] = [null, []];
  const button = editButton("Paint over a part of the picture and see what the model says without it");
  const size = rangeField("Brush size", { min: 1, max: 60, step: 1 }, (value) => resize(value / 100), signal);
  const choice = selectField(
    "Fill",
    (value) => choose(value),
    signal,
    "What takes the place of what is erased",
  );
  const undo = make("button", { class: "whylight-button", type: "button" }, "Undo");
  const foot = createEditorFoot("Paint over what is to go; with the keyboard: arrows, Space");
  const fields = make("div", { class: "whylight-editor-fields" }, size.node, choice.node, undo);
  const node = make(
    "form",
    { class: "whylight-editor", "data-keep": "edit", hidden: true },
    fields,
    foot.node,
  );
  const paint = (context: CanvasRenderingContext2D, lens: Lens) => {
    drawStrokes(context, brush.strokes, lens, fill);
    if (brush.at) drawRing(context, brush.at, brush.size, lens);
  };
  const layers = picture.lay(paint, signal);
  const changed = () => {
    undo.disabled = foot.apply.disabled = brush.strokes.length === 0;
    picture.repaint();
  };
  const resize = (share: number) => {
    brush.size = share;
    size.show(Math.round(100 * share), percent(share));
  };
  const choose = (value: string) => {
    const { picture: shown } = fills.find((one) => one.value === value) ?? {};
    fill = shown ? toCanvas(photoRaster(decodeArray(shown))) : null;
    choice.offer([{ label: "", options: fills }], value);
    picture.repaint();
  };
  const show = (open: boolean) => {
    node.hidden = !open;
    button.hidden = open;
    for (const layer of layers) layer.hidden = !open;
    actions.opened(open);
    brush.clear();
  };
  for (const layer of layers) {
    focusable(layer);
    for (const [name, value] of [
      ["role", "application"],
      ["aria-label", "Brush"],
    ] as const)
      layer.setAttribute(name, value);
    layer.classList.add("whylight-brush");
    layer.hidden = true;
    brush.listen(layer, (x, y) => picture.zoom.toPicture(x, y), signal);
  }
  const open = () => {
    fills = actions.fills();
    show(true);
    choose(fills[0]?.value ?? "");
    layers.find((layer) => layer.offsetParent)?.focus({ preventScroll: true });
  };
  const close = () => {
    show(false);
    button.focus();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (brush.strokes.length) actions.take(brush.strokes, choice.select.value || null);
  };
  resize(brush.size);
  button.addEventListener("click", open, { signal });
  undo.addEventListener("click", () => brush.undo(), { signal });
  foot.cancel.addEventListener("click", close, { signal });
  node.addEventListener("submit", submit, { signal });
  for (const part of [node, ...layers])
    part.addEventListener("keydown", (event) => (event as KeyboardEvent).key === "Escape" && close(), {
      signal,
    });
  return { button, node };
}
