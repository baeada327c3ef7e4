// What Python last said about one model: the newest frame, the state of the run, its progress.
// Shared by all views of the model. Knows nothing about drawing or the page.
import { assertVersion, type Binary, decodeFrame } from "./decode";
import {
  type Beside,
  decodeBeside,
  type Frame,
  type Groups,
  type Model,
  on,
  type Path,
  type Setting,
  type Status,
  type Traits,
  type WireBeside,
  type WireFrame,
  type WireGroups,
  type WirePath,
} from "./protocol";

export type State = "queued" | "running" | "done" | "stopped" | "error" | "static";
type Computed = "method" | "n_steps" | "target" | "baseline" | "compare" | "against" | "scorer" | "units";
export type Asked = Partial<Pick<Traits, Computed>>;
/** A panel that Python sends something for while it is open. */
type Followed = "path" | "groups";

export interface Feed extends EventTarget {
  readonly frame: Frame | null;
  /** Answers to compare with the frame, by `settingKey`. */
  readonly beside: ReadonlyMap<string, Beside>;
  /** The path of the newest answer, or of an older one: compare the numbers. */
  readonly path: Path | null;
  /** Scores of groups, of the newest answer or of an older one. */
  readonly groups: Groups | null;
  readonly status: Status;
  readonly state: State;
  /** Change what is computed; the answer comes as a status or a frame. */
  ask(changes: Asked): void;
  stop(): void;
  /** One view more (or less) shows this panel; Python works for it while there is one. */
  follow(panel: Followed, open: boolean): void;
  /** Which of several baselines the path starts from. */
  followFrom(which: number): void;
  /** Build the hierarchy of groups now. */
  grow(): void;
}

/** The name of a setting, the same whatever the order of its parts. */
export function settingKey({ method, target, baseline }: Setting): string {
  return JSON.stringify([method, target, baseline].map((value) => (value === undefined ? [] : [value])));
}

export function createFeed(model: Model, signal: AbortSignal): Feed {
  return new ModelFeed(model, signal);
}

class ModelFeed extends EventTarget implements Feed {
  frame: Frame | null = null;
  beside = new Map<string, Beside>();
  path: Path | null = null;
  groups: Groups | null = null;
  status: Status = {};
  #model: Model;
  #waiting = false;
  #following = { path: 0, groups: 0 };

  constructor(model: Model, signal: AbortSignal) {
    super();
    this.#model = model;
    const saved = () => this.#guard(() => this.#accept(model.get("_frame")));
    const told = () => this.#guard(() => this.#hear(model.get("_status")));
    const compared = () =>
      this.#guard(() => {
        for (const tile of model.get("_compared")?.tiles ?? []) this.#put(tile);
      });
    const message = (content: { kind?: string }, buffers?: Binary[]) =>
      this.#guard(() => {
        if (content.kind === "frame") this.#accept(content as WireFrame, buffers);
        if (content.kind === "beside") this.#put(content as WireBeside, buffers);
        if (content.kind === "groups") this.#group(content as WireGroups, buffers);
        if (content.kind === "status") this.#hear(content as Status);
      });
    const grouped = () => this.#guard(() => this.#group(model.get("_groups")));
    const led = () => this.#guard(() => this.#lead(model.get("_path")));
    on(model, "msg:custom", message, signal);
    on(model, "change:_frame", saved, signal);
    on(model, "change:_status", told, signal);
    on(model, "change:_compared", compared, signal);
    on(model, "change:_path", led, signal);
    on(model, "change:_groups", grouped, signal);
    on(model, "change:_choices", () => this.#tell(), signal);
    saved();
    told();
    compared();
    led();
    grouped();
  }

  get state(): State {
    const { live, methods } = this.#model.get("_choices") ?? {};
    if (this.status.state === "error") return "error";
    if (live === false || !methods?.length) return "static";
    return this.#waiting ? "queued" : (this.status.state ?? "queued");
  }

  ask(changes: Asked): void {
    this.#waiting = true;
    if (this.status.state === "error") this.status = {};
    for (const [name, value] of Object.entries(changes)) this.#model.set(name as keyof Asked, value);
    this.#model.save_changes();
    this.#tell();
  }

  stop(): void {
    this.#model.send({ kind: "stop" });
  }

  follow(panel: Followed, open: boolean): void {
    const before = this.#following[panel] > 0;
    this.#following[panel] += open ? 1 : -1;
    if (this.#following[panel] > 0 !== before) this.#model.send({ kind: panel, open });
  }

  grow(): void {
    this.#model.send({ kind: "grow" });
  }

  followFrom(which: number): void {
    this.#model.send({ kind: "path", open: true, which });
  }

  #lead(path: WirePath | undefined): void {
    if (path?.seq === undefined) return;
    this.path = decodeFrame(path);
  }

  #group(groups: WireGroups | undefined, buffers?: Binary[]): void {
    if (groups?.seq === undefined) return;
    if (this.groups && groups.seq < this.groups.seq) return;
    this.groups = decodeFrame(groups, buffers);
    this.#waiting = false;
  }

  #accept(frame: WireFrame | undefined, buffers?: Binary[]): void {
    if (frame?.seq === undefined) return;
    assertVersion(frame.v);
    if (this.frame && frame.seq <= this.frame.seq) return;
    this.frame = decodeFrame(frame, buffers);
    this.#waiting = false;
    const more = (this.#model.get("compare") ?? []).length > 0;
    if (
      this.frame.meta.final &&
      !more &&
      (this.status.state === "running" || this.status.state === "queued")
    ) {
      this.status = { state: "done" };
    }
  }

  #put(tile: WireBeside, buffers?: Binary[]): void {
    const key = settingKey(tile.setting ?? {});
    const known = this.beside.get(key);
    if (known && (tile.seq ?? 0) < known.seq) return;
    this.beside.set(key, decodeBeside(tile, buffers));
  }

  #hear(status: Status | undefined): void {
    if (!status?.state) return;
    assertVersion(status.v);
    this.status = status;
    this.#waiting = false;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.status = {
        state: "error",
        message: error instanceof Error ? error.message : String(error),
        detail: error instanceof Error ? (error.stack ?? "") : "",
      };
    }
    this.#tell();
  }

  #tell(): void {
    this.dispatchEvent(new Event("change"));
  }
}
