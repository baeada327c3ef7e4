// Windows of a signal: the score of each as a bar to brush over, level by level up to the whole signal, over its time axis.
// Knows nothing about traits, messages or how windows were scored.
import { plural, signed, unit } from "../../numbers";
import { isDiverging } from "../../paint/palette";
import { type GroupScene, runsOf } from "../../scenes/groups";
import type { Look } from "../../scenes/look";
import { type Partition, partitionOf, strongestGroup } from "../../scenes/partition";
import { scaleOf, UNCLIPPED } from "../../scenes/scale";
import type { Signal } from "../../scenes/signal/scene";
import { unitOf } from "../../scenes/unit";
import { arrowOf, focusable, make, setText } from "../../ui/dom";
import type { OnSelect } from "../../ui/drawing";
import { rangeField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import { createAxis, markAxis } from "../../ui/signal-axis";
import { WindowBrush } from "../../ui/window-brush";
import { WindowStrip } from "../../ui/window-strip";
import { fractions } from "../../ui/zoom";
import { runText } from "../../wording/signal";
import type { GroupDrawing, GroupKind } from "./kind";

const HINT =
  "Drag over windows to see what they contribute together; a click takes one, Ctrl or Shift adds. With the keyboard: arrows, Shift with an arrow, Space, Escape.";

/** What a signal brings to the panel of groups. */
export function windowKind(signal: Signal): GroupKind {
  let edges: number[] = [];
  const named = (units: readonly number[]) => runText(signal.axis, edges, runsOf(units));
  return {
    name: "Windows",
    whole: "signal",
    hint: HINT,
    named,
    part: named,
    made: { label: "Windows of", named: (units) => plural(Number(units), "sample") },
    drawing: (select, abort) => {
      const at = (scene: GroupScene) => {
        edges = edgesOf(signal, scene);
        return edges;
      };
      return new Windows({ signal, named, edgesOf: at }, select, abort);
    },
  };
}

function edgesOf({ length }: Signal, { starts }: GroupScene): number[] {
  return [...(starts?.data ?? []), length];
}

/** A signal cut into windows, whose names and edges follow what they are made of. */
interface Cut {
  signal: Signal;
  named(units: readonly number[]): string;
  edgesOf(scene: GroupScene): number[];
}

class Windows implements GroupDrawing {
  readonly node: HTMLElement;
  readonly legend = createLegend("right");
  #strip: WindowStrip;
  #slider: ReturnType<typeof rangeField>;
  #brush: WindowBrush;
  #probe = make("p", { class: "whylight-probe" });
  #subject: Cut;
  #axis = createAxis();
  #select: OnSelect;
  #edges: number[] = [0, 1];
  #level = 0;
  #at: number | null = null;
  #selected: readonly number[] = [];
  #partition: Partition | null = null;
  #last: [GroupScene, Look] | null = null;

  constructor(subject: Cut, select: OnSelect, signal: AbortSignal) {
    [this.#subject, this.#select] = [subject, select];
    this.#strip = new WindowStrip(signal);
    const { box } = this.#strip;
    box.classList.add("whylight-strip-tall");
    const windows = {
      unitAt: (event: PointerEvent) => this.#unitAt(event),
      selection: () => this.#selected,
      select: (units: number[], done?: boolean) => this.#take(units, done),
    };
    this.#brush = new WindowBrush(box, windows, signal);
    const hint = "Step through the hierarchy, from single windows to the whole signal; it computes nothing";
    this.#slider = rangeField(
      "Level",
      { min: 0, max: 1, step: 1 },
      (level) => this.#climb(level),
      signal,
      hint,
    );
    focusable(box);
    box.setAttribute("role", "application");
    const point = (at: number | null, byKeyboard = false) => this.#point(at, byKeyboard);
    box.addEventListener("pointermove", (event) => point(this.#unitAt(event)), { signal });
    box.addEventListener("pointerleave", () => point(null), { signal });
    box.addEventListener("blur", () => point(null), { signal });
    box.addEventListener("keydown", (event) => this.#key(event), { signal });
    const parts = [box, this.#axis, this.#probe, this.#slider.node, this.legend.node];
    this.node = make("div", { class: "whylight-windows" }, ...parts);
  }

  draw(scene: GroupScene, look: Look): void {
    [this.#last, this.#selected, this.#edges] = [[scene, look], scene.selected, this.#subject.edgesOf(scene)];
    const top = Math.max(0, scene.levels.length - 1);
    this.#level = Math.min(this.#level, top);
    this.#partition = partitionOf(scene, this.#level);
    const { groups, scores } = this.#partition;
    this.#slider.node.hidden = top < 1;
    this.#slider.range.max = String(Math.max(1, top));
    const what =
      groups.length === 1 ? "whole signal" : plural(groups.length, this.#level ? "group" : "window");
    this.#slider.show(this.#level, `${this.#level} of ${top} · ${what}`);
    const scale = scaleOf(scores, UNCLIPPED, isDiverging(look.colormap));
    this.legend.draw({ scale, unit: unitOf(scene.meta) }, look);
    const { scorer_label, target } = scene.meta;
    const name = `Windows of the signal, ${scorer_label} for ${target.label}. ${this.#words()}`;
    this.#strip.box.setAttribute("aria-label", name);
    this.#paint();
  }

  #paint(): void {
    if (!this.#last || !this.#partition) return;
    const look = this.#last[1];
    const { groups, groupOf, scores } = this.#partition;
    const pointed = this.#at === null ? [] : (groups[groupOf[this.#at]!]?.units ?? []);
    const scale = scaleOf(scores, UNCLIPPED, isDiverging(look.colormap));
    const [edges, last] = [this.#edges, this.#edges.at(-1)!];
    const strip = { values: scores, edges, scale, first: 0, last, selected: this.#selected, pointed };
    this.#strip.draw(strip, look);
    markAxis(this.#axis, this.#subject.signal, 0, last);
    setText(this.#probe, this.#words());
  }

  /** The group pointed at, else the strongest. */
  #words(): string {
    const [scene, partition] = [this.#last?.[0], this.#partition];
    if (!scene || !partition) return "";
    const at = this.#at === null ? null : partition.groups[partition.groupOf[this.#at]!];
    const group = at ?? strongestGroup(partition);
    if (!group) return scene.growable ? "No window is scored yet: select some, or build the hierarchy." : "";
    const score = Number.isFinite(group.score) ? unit(signed(group.score), unitOf(scene.meta)) : "…";
    return `${at ? "" : "Strongest: "}${this.#subject.named(group.units)} · ${score}`;
  }

  #climb(level: number): void {
    this.#level = level;
    if (this.#last) this.draw(...this.#last);
  }

  #take(units: number[], done = true): void {
    this.#selected = units;
    this.#select(units, done);
    this.#paint();
  }

  #point(at: number | null, byKeyboard: boolean): void {
    this.#at = at;
    this.#probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    this.#paint();
  }

  #unitAt(event: PointerEvent): number {
    const [x] = fractions(event, this.#strip.box);
    const sample = x * this.#edges.at(-1)!;
    const beyond = this.#edges.findIndex((edge) => edge > sample);
    return beyond < 0 ? this.#edges.length - 2 : Math.max(0, beyond - 1);
  }

  #key(event: KeyboardEvent): void {
    const count = this.#edges.length - 1;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[arrowOf(event)];
    const ends = { Home: 0, End: count - 1 }[event.key];
    if (step !== undefined || ends !== undefined) {
      const start = strongestGroup(this.#partition)?.units[0] ?? 0;
      const to = ends ?? (this.#at === null ? start : Math.min(count - 1, Math.max(0, this.#at + step!)));
      if (event.shiftKey)
        this.#take([...new Set([...this.#selected, this.#at ?? to, to])].sort((a, b) => a - b));
      this.#point(to, true);
    } else if ((event.key === " " || event.key === "Enter") && this.#at !== null)
      this.#brush.toggle(this.#at);
    else if (event.key === "Escape") this.#take([]);
    else return;
    event.preventDefault();
  }
}
