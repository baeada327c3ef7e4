// What Python last said about one model: the newest frame, the state of the run, its progress.
// Shared by all views of the model. Knows nothing about drawing or the page.
import { type Compared, decodeCompared, restored, settingKey } from "./compared";
import { assertVersion, type Binary, decodeFrame } from "./decode";
import { Files } from "./files";
import { createLink, isGone, type Kernel, type Link } from "./link";
import type { ComputeOptions } from "./options";
import type {
  ComparedMessage,
  Edit,
  Frame,
  FromPython,
  Groups,
  Model,
  Path,
  Status,
  StreamedCompared,
  StreamedFrame,
  StreamedGroups,
  ToPython,
  Traits,
  WireFrame,
  WireGroups,
  WirePath,
} from "./protocol";

export type State = "queued" | "running" | "done" | "stopped" | "error" | "static";
/** A panel that Python sends something for while it is open. */
type Followed = "path" | "groups";

export interface Feed extends EventTarget {
  readonly frame: Frame | null;
  /** Answers to compare with the frame, by `settingKey`. */
  readonly compared: ReadonlyMap<string, Compared>;
  /** The path of the newest answer, or of an older one: compare the numbers. */
  readonly path: Path | null;
  /** Scores of groups, of the newest answer or of an older one. */
  readonly groups: Groups | null;
  readonly status: Status;
  readonly state: State;
  /** How the kernel is, as far as anybody tells. */
  readonly kernel: Kernel;
  /** Change what is computed; the answer comes as a status or a frame. */
  ask(changes: Partial<ComputeOptions>): void;
  stop(): void;
  /** One view more (or less) shows this panel; Python works for it while there is one. */
  follow(panel: Followed, open: boolean): void;
  /** Which of several baselines the path starts from. */
  followFrom(which: number): void;
  /** Build the hierarchy of groups now. */
  grow(): void;
  /** Files of what is on show. */
  readonly files: Files;
  /** Show another sample. */
  turnTo(sample: number): void;
  /** The input was changed by hand. */
  edit(change: Omit<Edit, "kind">): void;
  /** Whether the page is dark; figures in the notebook follow it. */
  tellTheme(dark: boolean): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments differ by event
type Listener = (...args: any[]) => void;

/** Subscribe to a model until `signal` aborts. */
export function subscribe(model: Model, event: string, listener: Listener, signal: AbortSignal): void {
  if (signal.aborted) return;
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event as `change:${keyof Traits}`, listener), {
    once: true,
  });
}

export function createFeed(model: Model, signal: AbortSignal): Feed {
  return new ModelFeed(model, signal);
}

class ModelFeed extends EventTarget implements Feed {
  frame: Frame | null = null;
  compared = new Map<string, Compared>();
  path: Path | null = null;
  groups: Groups | null = null;
  files = new Files((message) => this.#send(message));
  status: Status = {};
  #model: Model;
  #waiting = false;
  #following = { path: 0, groups: 0 };
  #link: Link;
  #dark = false;

  constructor(model: Model, signal: AbortSignal) {
    super();
    this.#model = model;
    this.#link = createLink(
      model,
      () => this.#send({ kind: "ping" }),
      () => this.#tell(),
      signal,
    );
    const frame = () => this.#guard(() => this.#takeFrame(model.get("_frame")));
    const status = () => this.#guard(() => this.#takeStatus(model.get("_status")));
    const compared = () =>
      this.#guard(() => {
        for (const tile of model.get("_compared")?.tiles ?? []) this.#takeCompared(tile);
      });
    const message = (content: FromPython, buffers?: Binary[]) =>
      this.#guard(() => {
        if (content.kind === "frame") this.#takeFrame(content, buffers);
        if (content.kind === "beside") this.#takeCompared(content, buffers);
        if (content.kind === "export") this.files.take(content, buffers);
        if (content.kind === "groups") this.#takeGroups(content, buffers);
        if (content.kind === "status") this.#takeStatus(content);
        this.#link.heard(this.status.state === "running");
      });
    const groups = () => this.#guard(() => this.#takeGroups(model.get("_groups")));
    const path = () => this.#guard(() => this.#takePath(model.get("_path")));
    const input = () => {
      [this.frame, this.path, this.groups] = [null, null, null]; // of another sample
      this.compared.clear();
    };
    subscribe(model, "change:_input", input, signal);
    subscribe(model, "msg:custom", message, signal);
    subscribe(model, "comm_live_update", () => this.#link.asked(), signal);
    subscribe(model, "change:_frame", frame, signal);
    subscribe(model, "change:_status", status, signal);
    subscribe(model, "change:_compared", compared, signal);
    subscribe(model, "change:_path", path, signal);
    subscribe(model, "change:_groups", groups, signal);
    subscribe(model, "change:_choices", () => this.#tell(), signal);
    frame();
    status();
    compared();
    path();
    groups();
  }

  get state(): State {
    const { live, methods } = this.#model.get("_choices") ?? {};
    if (this.status.state === "error") return "error";
    if (live === false || !methods?.length) return "static";
    if (isGone(this.kernel)) return "static";
    return this.#waiting ? "queued" : (this.status.state ?? "queued");
  }

  get kernel(): Kernel {
    return this.#link.kernel;
  }

  ask(changes: Partial<ComputeOptions>): void {
    this.#waiting = true;
    this.#link.asked();
    if (this.status.state === "error") this.status = {};
    for (const [name, value] of Object.entries(changes)) this.#model.set(name as keyof ComputeOptions, value);
    this.#model.save_changes();
    this.#tell();
  }

  tellTheme(dark: boolean): void {
    if (dark !== this.#dark) this.#send({ kind: "theme", dark });
    this.#dark = dark;
  }

  turnTo(sample: number): void {
    this.#waiting = true;
    this.#link.asked();
    this.status = {};
    this.#model.set("sample", sample);
    this.#model.save_changes();
    this.#tell();
  }

  edit(change: Omit<Edit, "kind">): void {
    [this.#waiting, this.status] = [true, {}];
    this.#send({ kind: "edit", ...change });
    this.#tell();
  }

  stop = (): void => this.#send({ kind: "stop" });

  follow(panel: Followed, open: boolean): void {
    const before = this.#following[panel] > 0;
    this.#following[panel] += open ? 1 : -1;
    if (this.#following[panel] > 0 !== before) this.#send({ kind: panel, open });
  }

  grow = (): void => this.#send({ kind: "grow" });

  followFrom(which: number): void {
    this.#send({ kind: "path", open: true, which });
  }

  #send(message: ToPython): void {
    if (!isGone(this.kernel)) this.#model.send(message);
  }

  #takePath(path: WirePath | undefined): void {
    if (path?.seq === undefined) return;
    this.path = decodeFrame(path);
  }

  #takeGroups(groups: WireGroups | StreamedGroups | undefined, buffers?: Binary[]): void {
    if (groups?.seq === undefined) return;
    if (this.groups && groups.seq < this.groups.seq) return;
    this.groups = decodeFrame(groups, buffers);
    this.#waiting = false;
  }

  #takeFrame(frame: WireFrame | StreamedFrame | undefined, buffers?: Binary[]): void {
    if (frame?.seq === undefined) return;
    assertVersion(frame.v);
    if (this.frame && frame.seq <= this.frame.seq) return;
    this.frame = restored(decodeFrame<Frame["meta"]>(frame, buffers));
    this.#waiting = false;
    const more = (this.#model.get("compare") ?? []).length > 0;
    const going = this.status.state === "running" || this.status.state === "queued";
    if (this.frame.meta.final && !more && going) this.status = { state: "done" };
  }

  #takeCompared(tile: ComparedMessage | StreamedCompared, buffers?: Binary[]): void {
    const key = settingKey(tile.setting ?? {});
    const known = this.compared.get(key);
    if (known && (tile.seq ?? 0) < known.seq) return;
    this.compared.set(key, decodeCompared(tile, buffers));
  }

  #takeStatus(status: Status | undefined): void {
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
