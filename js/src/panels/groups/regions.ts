// The picture of the panel "Regions": its areas coloured by score level by level, and a lasso over them.
// Knows nothing about traits, messages or how scores were computed.
import type { Tensor } from "../../kernel/decode";
import { Pen, regionRaster, veilRaster } from "../../paint/areas";
import { isDiverging } from "../../paint/palette";
import { photoRaster } from "../../paint/raster";
import {
  type Line,
  outline,
  planeAt,
  planesOf,
  planeWith,
  seams,
  type UnitMap,
  unitMap,
} from "../../scenes/areas";
import type { GroupScene, ScoredGroup } from "../../scenes/groups";
import type { Look } from "../../scenes/look";
import { joined, type Partition, partitionOf, strongestGroup } from "../../scenes/partition";
import { type Scale, scaleOf, UNCLIPPED } from "../../scenes/scale";
import { unitOf } from "../../scenes/unit";
import { AreaBrush } from "../../ui/area-brush";
import { createScheduler, createSurface, stretch, toCanvas } from "../../ui/canvas";
import { focusable, make, setText } from "../../ui/dom";
import type { OnSelect } from "../../ui/drawing";
import { rangeField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import { createPane } from "../../ui/pane";
import { remembered } from "../../ui/remembered";
import { areas, captionOf, groupText, hintText, levelText, summaryText } from "../../wording/areas";
import type { GroupDrawing, GroupKind } from "./kind";

type Context = CanvasRenderingContext2D;

/** How loud the lines between areas are, and those between groups. */
const [FAINT, CLEAR] = [0.22, 0.7];

const BOX = "whylight-region-box";
const HINT =
  "Click an area, paint over several or draw a loop around them, to see what they contribute together. Shift adds, Alt takes away. With the keyboard: arrows, Space, Escape.";

/** What areas lie on: a picture, or planes of which one is on show. */
export interface Ground {
  /** "picture", "volume". */
  whole: string;
  /** Columns by rows, as they are to be seen. */
  aspect: number;
  /** What planes are counted by; empty for a picture. */
  planes: string;
  /** Which plane of the whole a plane of areas, of so many, stands for. */
  place(plane: number, count: number): number;
  /** The picture under it. */
  photo(plane: number, count: number): Tensor;
}

/** What a picture brings to the panel of groups. */
export function regionKind(ground: Ground): GroupKind {
  return {
    name: "Regions",
    whole: ground.whole,
    hint: HINT,
    named: areas,
    part: () => "",
    drawing: (select, signal) => new Regions(ground, select, signal),
  };
}

/** A picture by itself. */
export function pictureGround(photo: Tensor): Ground {
  const [rows = 1, columns = 1] = photo.shape;
  return { whole: "picture", aspect: columns / rows, planes: "", place: () => 0, photo: () => photo };
}

export function createRegions(photo: Tensor, select: OnSelect, signal: AbortSignal): GroupDrawing {
  return new Regions(pictureGround(photo), select, signal);
}

class Regions implements GroupDrawing {
  readonly node: HTMLElement;
  readonly legend = createLegend("up");
  #ground: Ground;
  #photo: Tensor;
  #picture: HTMLCanvasElement;
  #plane: number | null = null;
  #planes: ReturnType<typeof rangeField>;
  #input = createPane("Input", "input", BOX);
  #regions = createPane("Score of each area", "regions", BOX);
  #probe = make("p", { class: "whylight-probe" });
  #slider: ReturnType<typeof rangeField>;
  #brush: AreaBrush;
  #level = 0;
  #scene: GroupScene | null = null;
  #look: Look | null = null;
  #map: UnitMap | null = null;
  #partition: Partition | null = null;
  #scale: Scale | null = null;
  #partitions = remembered<Partition>();
  #colors = remembered<{ canvas: HTMLCanvasElement; lines: Line[] }>();
  #veil = remembered<HTMLCanvasElement>();
  #grid = remembered<Line[]>();
  #pointed = remembered<Line[]>();
  #around = remembered<Line[]>();
  #paint: () => void;

  constructor(ground: Ground, select: OnSelect, signal: AbortSignal) {
    this.#ground = ground;
    this.#photo = ground.photo(0, 1);
    this.#picture = toCanvas(photoRaster(this.#photo));
    const bounds = { min: 0, max: 1, step: 1 };
    const through = (plane: number) => this.#cut(plane);
    this.#planes = rangeField(ground.planes || "Plane", bounds, through, signal, "Which plane is on show");
    const hint = `Step through the hierarchy, from single areas to the whole ${ground.whole}; it computes nothing`;
    this.#slider = rangeField("Level", bounds, (level) => this.#climb(level), signal, hint);
    this.#brush = new AreaBrush({ select, moved: (byKeyboard) => this.#moved(byKeyboard) }, signal);
    const surfaces = [
      createSurface(this.#input.box, (context) => this.#drawInput(context), signal),
      createSurface(this.#regions.box, (context) => this.#drawRegions(context), signal),
    ];
    this.#paint = createScheduler(() => {
      for (const surface of surfaces) surface.paint();
    }, signal);
    for (const { box } of [this.#input, this.#regions]) this.#brush.listen(box, signal);
    focusable(this.#regions.box);
    this.#regions.box.setAttribute("role", "application");
    this.node = this.#assemble();
  }

  #assemble(): HTMLElement {
    const aside = make("div", { class: "whylight-aside" }, this.legend.node);
    const panes = [this.#input.node, this.#regions.node, aside];
    const pictures = make("div", { class: "whylight-region-pictures" }, ...panes);
    const sliders = [this.#planes.node, this.#slider.node];
    const node = make("div", { class: "whylight-regions" }, pictures, this.#probe, ...sliders);
    node.style.setProperty("--whylight-aspect", String(this.#ground.aspect));
    return node;
  }

  draw(scene: GroupScene, look: Look): void {
    [this.#scene, this.#look] = [scene, look];
    this.#show(scene);
    this.#level = Math.min(this.#level, Math.max(0, scene.levels.length - 1));
    this.#partition = this.#partitions([scene.meta, this.#level], () => partitionOf(scene, this.#level));
    this.#scale = scaleOf(this.#partition.scores, UNCLIPPED, isDiverging(look.colormap));
    this.#brush.areas = this.#map && {
      map: this.#map,
      groupOf: this.#partition.groupOf,
      groups: this.#partition.groups.map(({ units }) => units),
      selected: scene.selected,
      start: this.#start(this.#partition),
    };
    this.#name(scene, this.#partition.groups);
    this.legend.node.style.visibility = this.#scale.limit > 0 ? "" : "hidden";
    this.legend.draw({ scale: this.#scale, unit: unitOf(scene.meta) }, look);
    this.#tell();
  }

  /** The areas of the plane on show, the one with the strongest until another is chosen, and the picture under them. */
  #show(scene: GroupScene): void {
    const [labels, count] = [scene.labels, planesOf(scene.labels)];
    this.#planes.node.hidden = count < 2;
    if (!labels) this.#map = null;
    else if (count === 1) this.#map = unitMap(labels, this.#map);
    else {
      const best = this.#plane === null ? strongestGroup(partitionOf(scene, 0))?.units[0] : undefined;
      const usual = best === undefined ? Math.floor(count / 2) : planeWith(labels, best);
      const plane = Math.min(count - 1, this.#plane ?? usual);
      this.#map = unitMap(planeAt(labels, plane), this.#map);
      this.#planes.range.max = String(count - 1);
      this.#planes.show(plane, String(this.#ground.place(plane, count)));
      this.#photo = this.#ground.photo(plane, count);
      this.#picture = toCanvas(photoRaster(this.#photo));
    }
  }

  #cut(plane: number): void {
    this.#plane = plane;
    if (this.#scene && this.#look) this.draw(this.#scene, this.#look);
  }

  /** Where the keyboard starts: the strongest unit that is to be seen. */
  #start(partition: Partition): number {
    const best = strongestGroup(partition)?.units[0] ?? 0;
    return this.#map?.labels.includes(best) ? best : (this.#map?.labels[0] ?? 0);
  }

  #name(scene: GroupScene, groups: ScoredGroup[]): void {
    const top = scene.levels.length - 1;
    this.#slider.node.hidden = top < 1;
    this.#slider.range.max = String(Math.max(1, top));
    this.#slider.show(this.#level, levelText(this.#level, top, groups.length, this.#ground.whole));
    setText(this.#regions.caption, captionOf(this.#level, groups));
    this.#input.box.setAttribute("aria-label", `Input ${this.#ground.whole}`);
    this.#regions.box.setAttribute("aria-label", summaryText(scene, this.#hint(scene), this.#ground.whole));
  }

  #hint(scene: GroupScene): string {
    return hintText(scene, this.#flat, strongestGroup(this.#partition), scene.growable);
  }

  /** Rows and columns tell where an area of a picture lies, but not of one in several planes. */
  get #flat(): UnitMap | null {
    return this.#ground.planes ? null : this.#map;
  }

  #climb(level: number): void {
    this.#level = level;
    if (this.#scene && this.#look) this.draw(this.#scene, this.#look);
  }

  #moved(byKeyboard: boolean): void {
    this.#probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    this.#tell();
  }

  /** Say what is under the brush and paint; at most once per frame. */
  #tell(): void {
    if (!this.#scene) return;
    const units = this.#brush.pending ?? this.#brush.under;
    const words = units?.length ? groupText(this.#scene, this.#flat, units) : this.#hint(this.#scene);
    setText(this.#probe, words);
    this.#paint();
  }

  /** What is outlined: the selection, or what the stroke would make it. */
  get #chosen(): readonly number[] {
    return this.#brush.pending ?? this.#scene?.selected ?? [];
  }

  #drawInput(context: Context): void {
    const { width, height } = context.canvas;
    stretch(context, this.#picture, width, height);
    const [map, partition, look, units] = [this.#map, this.#partition, this.#look, this.#chosen];
    if (!map || !partition || !look) return;
    const { dark } = look;
    const veil = () => toCanvas(veilRaster(map, units, dark));
    if (units.length) stretch(context, this.#veil([map, units.join(), dark], veil), width, height);
    const lines = this.#grid([map, partition], () => seams(map, partition.groupOf));
    this.#drawLines(context, map, lines, FAINT);
  }

  #drawRegions(context: Context): void {
    const { width, height } = context.canvas;
    const [map, partition, look, units] = [this.#map, this.#partition, this.#look, this.#chosen];
    const scale = this.#scale;
    if (!map || !partition || !scale || !look) {
      stretch(context, this.#picture, width, height);
      return;
    }
    const score = units.length ? (this.#scene?.scoreOf(units) ?? null) : null;
    const { colormap, dark } = look;
    const key = [map, this.#photo, partition, score === null ? "" : units.join(), score, colormap, dark];
    const { canvas, lines } = this.#colors(key, () => {
      const { groupOf, scores } = score === null ? partition : joined(partition, units, score);
      const canvas = toCanvas(regionRaster(this.#photo, map, scores, scale, look));
      return { canvas, lines: seams(map, groupOf) };
    });
    stretch(context, canvas, width, height);
    this.#drawLines(context, map, lines, this.#level ? CLEAR : FAINT);
  }

  #drawLines(context: Context, map: UnitMap, lines: Line[], strength: number): void {
    const pen = new Pen(context, map);
    const [under, chosen] = [this.#brush.under ?? [], this.#chosen];
    pen.faint(lines, strength);
    pen.bold(
      this.#pointed([map, under.join()], () => outline(map, under)),
      1,
    );
    pen.bold(
      this.#around([map, chosen.join()], () => outline(map, chosen)),
      2,
    );
    pen.lasso(this.#brush.path);
  }
}
