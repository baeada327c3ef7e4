// The picture of the panel "Regions": its areas coloured by score level by level, and a lasso over them.
// Knows nothing about traits, messages or how scores were computed.

import type { Tensor } from "../../kernel/decode";
import type { ScoredGroup } from "../../kernel/protocol";
import { Pen, regionRaster, veilRaster } from "../../paint/areas";
import { isDiverging } from "../../paint/palette";
import { photoRaster } from "../../paint/raster";
import { type Line, outline, seams, type UnitMap, unitMap } from "../../scenes/areas";
import type { GroupLook, GroupScene } from "../../scenes/groups";
import { unitOf } from "../../scenes/items";
import { type Scale, scaleOf } from "../../scenes/scale";
import { RegionBrush } from "../../ui/area-brush";
import { createScheduler, createSurface, lay } from "../../ui/canvas";
import { focusable, make, setText } from "../../ui/dom";
import { rangeField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import type { Pick } from "../../ui/word-brush";
import { toCanvas } from "../../views/heatmap";
import { areas, captionOf, groupText, hintText, levelText, summaryText } from "../../wording/areas";
import type { GroupKind, Stage } from "./panel";

/** One level of the hierarchy: groups that share out all units. */
interface Partition {
  groups: ScoredGroup[];
  groupOf: Int32Array;
  scores: Float32Array;
}

type Context = CanvasRenderingContext2D;

/** How loud the lines between areas are, and those between groups. */
const [FAINT, CLEAR] = [0.22, 0.7];

const HINT =
  "Click an area, paint over several or draw a loop around them, to see what they contribute together. Shift adds, Alt takes away. With the keyboard: arrows, Space, Escape.";

/** What a picture brings to the panel of groups. */
export function regionKind(photo: Tensor): GroupKind {
  return {
    name: "Regions",
    whole: "picture",
    hint: HINT,
    named: areas,
    part: () => "",
    stage: (pick, signal) => createRegions(photo, pick, signal),
  };
}

export function createRegions(photo: Tensor, pick: Pick, signal: AbortSignal): Stage {
  return new Regions(photo, pick, signal);
}

class Regions implements Stage {
  readonly node: HTMLElement;
  readonly legend = createLegend("up");
  #photo: Tensor;
  #picture: HTMLCanvasElement;
  #input = pane("input", "Input");
  #regions = pane("regions", "Score of each area");
  #probe = make("p", { class: "whylight-probe" });
  #slider: ReturnType<typeof rangeField>;
  #brush: RegionBrush;
  #level = 0;
  #scene: GroupScene | null = null;
  #look: GroupLook = { colormap: "RdBu", dark: false };
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

  constructor(photo: Tensor, pick: Pick, signal: AbortSignal) {
    this.#photo = photo;
    this.#picture = toCanvas(photoRaster(photo));
    const bounds = { min: 0, max: 1, step: 1 };
    const hint = "Step through the hierarchy, from single areas to the whole picture; it computes nothing";
    this.#slider = rangeField("Level", bounds, (level) => this.#climb(level), signal, hint);
    this.#brush = new RegionBrush({ pick, moved: (byKeyboard) => this.#moved(byKeyboard) }, signal);
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
    const [rows = 1, columns = 1] = this.#photo.shape;
    const aside = make("div", { class: "whylight-aside" }, this.legend.node);
    const panes = [this.#input.node, this.#regions.node, aside];
    const pictures = make("div", { class: "whylight-region-pictures" }, ...panes);
    const node = make("div", { class: "whylight-regions" }, pictures, this.#probe, this.#slider.node);
    node.style.setProperty("--whylight-aspect", String(columns / rows));
    return node;
  }

  draw(scene: GroupScene, look: GroupLook): void {
    [this.#scene, this.#look] = [scene, look];
    this.#map = scene.labels ? unitMap(scene.labels, this.#map) : null;
    this.#level = Math.min(this.#level, Math.max(0, scene.levels.length - 1));
    this.#partition = this.#partitions([scene.meta, this.#level], () => partitionOf(scene, this.#level));
    const options = { clip: 100, sign: "all", scale: "own" };
    this.#scale = scaleOf(this.#partition.scores, options, isDiverging(look.colormap));
    this.#brush.ground = this.#map && {
      map: this.#map,
      groupOf: this.#partition.groupOf,
      groups: this.#partition.groups.map(({ units }) => units),
      selected: scene.selected,
      start: strongest(this.#partition)?.units[0] ?? 0,
    };
    this.#name(scene, this.#partition.groups);
    this.legend.node.style.visibility = this.#scale.limit > 0 ? "" : "hidden";
    this.legend.draw(this.#scale, look.colormap, look.dark, unitOf(scene.meta));
    this.#tell();
  }

  #name(scene: GroupScene, groups: ScoredGroup[]): void {
    const top = scene.levels.length - 1;
    this.#slider.node.hidden = top < 1;
    this.#slider.range.max = String(Math.max(1, top));
    this.#slider.show(this.#level, levelText(this.#level, top, groups.length));
    setText(this.#regions.caption, captionOf(this.#level, groups));
    this.#input.box.setAttribute("aria-label", "Input picture");
    this.#regions.box.setAttribute("aria-label", summaryText(scene, this.#hint(scene)));
  }

  #hint(scene: GroupScene): string {
    return hintText(scene, this.#map, strongest(this.#partition), this.#look.growable ?? false);
  }

  #climb(level: number): void {
    this.#level = level;
    if (this.#scene) this.draw(this.#scene, this.#look);
  }

  #moved(byKeyboard: boolean): void {
    this.#probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    this.#tell();
  }

  /** Say what is under the brush and paint; at most once per frame. */
  #tell(): void {
    if (!this.#scene) return;
    const units = this.#brush.pending ?? this.#brush.under;
    const words = units?.length ? groupText(this.#scene, this.#map, units) : this.#hint(this.#scene);
    setText(this.#probe, words);
    this.#paint();
  }

  /** What is outlined: the selection, or what the stroke would make it. */
  get #chosen(): readonly number[] {
    return this.#brush.pending ?? this.#scene?.selected ?? [];
  }

  #drawInput(context: Context): void {
    const { width, height } = context.canvas;
    lay(context, this.#picture, width, height);
    const [map, partition, units] = [this.#map, this.#partition, this.#chosen];
    if (!map || !partition) return;
    const { dark } = this.#look;
    const veil = () => toCanvas(veilRaster(map, units, dark));
    if (units.length) lay(context, this.#veil([map, units.join(), dark], veil), width, height);
    const lines = this.#grid([map, partition], () => seams(map, partition.groupOf));
    this.#drawLines(context, map, lines, FAINT);
  }

  #drawRegions(context: Context): void {
    const { width, height } = context.canvas;
    const [map, partition, scale, units] = [this.#map, this.#partition, this.#scale, this.#chosen];
    if (!map || !partition || !scale) {
      lay(context, this.#picture, width, height);
      return;
    }
    const score = units.length ? (this.#scene?.scoreOf(units) ?? null) : null;
    const { colormap, dark } = this.#look;
    const key = [map, partition, score === null ? "" : units.join(), score, colormap, dark];
    const { canvas, lines } = this.#colors(key, () => {
      const { groupOf, scores } = score === null ? partition : joined(partition, units, score);
      const canvas = toCanvas(regionRaster(this.#photo, map, scores, scale, this.#look));
      return { canvas, lines: seams(map, groupOf) };
    });
    lay(context, canvas, width, height);
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

function pane(name: string, title: string) {
  const caption = make("figcaption", { class: "whylight-caption" }, title);
  const box = make("div", { class: "whylight-box whylight-region-box", role: "img", "aria-label": title });
  const stage = make("div", { class: "whylight-stage" }, box);
  return {
    caption,
    box,
    node: make("figure", { class: `whylight-pane whylight-pane-${name}` }, caption, stage),
  };
}

/** Level 0, or no hierarchy: single units. */
function partitionOf(scene: GroupScene, level: number): Partition {
  const single = (unit: number) => ({ units: [unit], score: scene.scoreOf([unit]) ?? Number.NaN });
  const groups = scene.levels[level] ?? Array.from({ length: scene.count }, (_, unit) => single(unit));
  const groupOf = new Int32Array(scene.count);
  const scores = new Float32Array(scene.count);
  groups.forEach(({ units, score }, place) => {
    for (const unit of units) [groupOf[unit], scores[unit]] = [place, score];
  });
  return { groups, groupOf, scores };
}

/** The groups with some units drawn as one more. */
function joined({ groups, groupOf, scores }: Partition, units: readonly number[], score: number): Partition {
  const made = { groups, groupOf: Int32Array.from(groupOf), scores: Float32Array.from(scores) };
  for (const unit of units) [made.groupOf[unit], made.scores[unit]] = [-1, score];
  return made;
}

function strongest(partition: Partition | null): ScoredGroup | null {
  const size = ({ score }: ScoredGroup) => Math.abs(score);
  return (partition?.groups ?? []).reduce<ScoredGroup | null>(
    (best, group) => (size(group) > (best ? size(best) : 0) ? group : best),
    null,
  );
}

/** Made again only when one of the keys has changed. */
function remembered<T>(): (keys: readonly unknown[], make: () => T) => T {
  let last: { keys: readonly unknown[]; made: T } | null = null;
  return (keys, make) => {
    if (!last || last.keys.some((key, i) => !Object.is(key, keys[i]))) last = { keys, made: make() };
    return last.made;
  };
}
