// Volumes: three linked planes of the map over the voxels, or the strongest value behind every point, and a strip per axis.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { Frame, VolumeInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { mapRaster, overlayRaster, photoRaster } from "../paint/raster";
import type { Answer } from "../scenes/answer";
import type { Look } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import {
  type Axis,
  depthOf,
  errorAt,
  grayPhoto,
  inputStack,
  mapStack,
  meanPhoto,
  middleOf,
  type Place,
  type Plane,
  planeSums,
  projectionOf,
  type Stack,
  shareBelow,
  shownPlace,
  sliceOf,
  stackScale,
  strongestIn,
  valueAt,
} from "../scenes/stack";
import { unitOf } from "../scenes/unit";
import { make, setText } from "../ui/dom";
import { createLegend } from "../ui/legend";
import { Ortho, type OrthoScene, setEdges } from "../ui/ortho";
import { createStrip } from "../ui/strip";
import { named } from "../wording/reading";
import { planeText, stackProbeText, stackSummary, VOLUME_AXES } from "../wording/stack";
import { createTile, projectedTile } from "./image";
import { imagePathPoint } from "./image-path";
import type { AnswerDrawing, InputKind, OnChange, Subject, SubjectActions } from "./kind";

export interface Volume {
  size: Place;
  spacing: number[];
  /** What the bytes 0 and 255 stand for. */
  range: number[];
  voxels: Tensor;
}

export class VolumeSubject implements Subject {
  readonly kind = "volume";
  readonly volume: Volume;

  constructor(volume: Volume) {
    this.volume = volume;
  }

  answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return new VolumeAnswer(this.volume, change, signal);
  }

  tile(): AnswerDrawing {
    return createTile(projectedTile);
  }

  /** What groups of voxels lie on. */
  get ground() {
    const { size, spacing, voxels } = this.volume;
    const [, tall = 1, wide = 1] = spacing;
    const stack = inputStack(voxels, null);
    const place = (plane: number, count: number) => middleOf(plane, size[0], count);
    return {
      whole: "volume",
      planes: VOLUME_AXES[0],
      aspect: (size[2] * wide) / (size[1] * tall),
      place,
      photo: (plane: number, count: number) => grayPhoto(sliceOf(stack, size, 0, place(plane, count))),
    };
  }

  pathPoint(signal: AbortSignal) {
    return imagePathPoint(meanPhoto(this.volume.voxels), signal);
  }
}

export const volume: InputKind<VolumeInput> = {
  name: "volume",
  layouts: { overlay: "Overlay", side: "Side by side", projection: "Maximum projection" },
  overlay: true,
  read: ({ size, spacing, range, arrays }) => {
    const [deep = 1, tall = 1, wide = 1] = size;
    const voxels = decodeArray(arrays.voxels);
    return new VolumeSubject({ size: [deep, tall, wide], spacing, range, voxels });
  },
};

const AXES: Axis[] = [0, 1, 2];

class VolumeAnswer implements AnswerDrawing {
  readonly node: HTMLElement;
  #volume: Volume;
  #change: OnChange;
  #legend = createLegend("up");
  #input: Ortho;
  #map: Ortho;
  #strips: ReturnType<typeof createStrip>[];
  #probe = make("p", { class: "whylight-probe" });
  #frame: Frame | null = null;
  #look: Look | null = null;
  #scale: Scale | null = null;
  #stack: Stack | null = null;
  /** Where the cross-hair is while the pointer is down. */
  #draft: Place | null = null;

  constructor(volume: Volume, change: OnChange, signal: AbortSignal) {
    this.#volume = volume;
    this.#change = change;
    const actions = {
      move: (place: Place, done: boolean, axis: Axis) => this.#move(this.#deep(place, axis), done),
      hover: (place: Place | null, axis: Axis) => this.#tell(place && this.#deep(place, axis)),
    };
    this.#input = new Ortho("Input", actions, signal, false);
    this.#map = new Ortho("Attribution", actions, signal);
    this.#strips = AXES.map((axis) => {
      const moved = (to: number, done: boolean) => this.#move(this.#place.with(axis, to) as Place, done);
      return createStrip(VOLUME_AXES[axis], moved, signal);
    });
    const aside = make("div", { class: "whylight-aside" }, this.#legend.node);
    const pictures = make(
      "div",
      { class: "whylight-volume-pictures" },
      this.#input.node,
      this.#map.node,
      aside,
    );
    const strips = make("div", { class: "whylight-strips" }, ...this.#strips.map(({ node }) => node));
    const side = make("div", { class: "whylight-volume-side" }, this.#probe, strips);
    this.node = make("div", { class: "whylight-volume" }, pictures, side);
    setEdges(this.node, volume.size, volume.spacing);
  }

  draw({ frame, together }: Answer, look: Look): Scale {
    [this.#frame, this.#look, this.#stack] = [frame, look, mapStack(frame)];
    this.#scale = stackScale(frame, together, look, isDiverging(look.colormap));
    this.node.dataset.view = look.view;
    this.#legend.draw({ scale: this.#scale, unit: unitOf(frame?.meta ?? null) }, look);
    this.#show();
    return this.#scale;
  }

  get #place(): Place {
    return this.#draft ?? shownPlace(this.#look?.pixel ?? [], this.#volume.size, this.#stack);
  }

  /** A place in a projection is where its value comes from. */
  #deep(place: Place, axis: Axis): Place {
    if (this.#look?.view !== "projection" || !this.#stack) return place;
    return place.with(axis, depthOf(this.#stack, this.#volume.size, axis, place)) as Place;
  }

  #move(place: Place, done: boolean): void {
    this.#draft = done ? null : place;
    if (done) this.#change({ pixel: [...place] });
    if (this.#look && done) this.#look = { ...this.#look, pixel: [...place] };
    this.#show();
  }

  #show(): void {
    const { size } = this.#volume;
    const place = this.#place;
    const summary = stackSummary(VOLUME_AXES, this.#frame, this.#stack && strongestIn(this.#stack, size));
    const told = named(summary, this.#frame?.meta, this.#look?.detail ?? "");
    const scene = { size, place };
    const at = (axis: Axis) => `${VOLUME_AXES[axis].toLowerCase()} ${place[axis]}`;
    this.#input.draw({
      ...scene,
      plane: this.#inputPlane(place),
      name: (axis) => `Input volume, ${at(axis)}`,
    });
    this.#map.draw({
      ...scene,
      plane: this.#mapPlane(place),
      name: (axis) => (axis === 0 ? `${told}; ${at(0)}` : `Attribution, ${at(axis)}`),
    });
    this.#strips.forEach((strip, k) => {
      const axis = k as Axis;
      const found = planeSums(this.#frame, axis);
      const text = planeText(VOLUME_AXES[axis], place[axis], size[axis], found);
      strip.draw({ sizes: found.sizes, count: size[axis], at: place[axis], text });
    });
    this.#tell(null);
  }

  #inputPlane(place: Place): OrthoScene["plane"] {
    const voxels = inputStack(this.#volume.voxels, this.#frame);
    return (axis) => ({
      key: [voxels.data, place[axis]],
      make: () => photoRaster(grayPhoto(sliceOf(voxels, this.#volume.size, axis, place[axis]))),
    });
  }

  #mapPlane(place: Place): OrthoScene["plane"] {
    const [look, scale, stack] = [this.#look, this.#scale, this.#stack];
    const photo = this.#inputPlane(place);
    if (!look || !scale || !stack) return photo;
    const { size } = this.#volume;
    const voxels = inputStack(this.#volume.voxels, this.#frame);
    const projected = look.view === "projection";
    return (axis) => {
      const key = [stack.data, look, projected ? -1 : place[axis]];
      if (projected) return { key, make: () => mapRaster({ ...projectionOf(stack, axis), scale }, look) };
      const plane = () => sliceOf(stack, size, axis, place[axis]);
      if (look.view === "side") return { key, make: () => mapRaster({ ...plane(), scale }, look) };
      const under = () => grayPhoto(sliceOf(voxels, size, axis, place[axis]));
      return { key, make: () => overlayRaster({ ...over(plane(), under()), scale }, look) };
    };
  }

  #tell(place: Place | null): void {
    const at = place ?? this.#place;
    const [stack, { size, range, voxels }] = [this.#stack, this.#volume];
    const value = stack && valueAt(stack, size, at);
    const [low = 0, high = 1] = range;
    const input = low + (valueAt(inputStack(voxels, this.#frame), size, at) / 255) * (high - low);
    const below = value === null ? null : shareBelow(this.#frame, value);
    const probe = { place: at, value, error: errorAt(this.#frame, size, at), below, input };
    setText(this.#probe, stackProbeText(VOLUME_AXES, probe, this.#frame));
  }
}

function over(plane: Plane, photo: Tensor) {
  return { ...plane, photo };
}
