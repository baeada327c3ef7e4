// What Python last said about one model: the newest frame, the state of the run, its progress.
// Shared by all views of the model. Knows nothing about drawing or the page.
import {
  assertVersion,
  type Binary,
  decodeFrame,
  type Frame,
  type Model,
  on,
  type Status,
  type Traits,
  type WireFrame,
} from "./protocol";

export type State = "queued" | "running" | "done" | "stopped" | "error" | "static";
export type Asked = Partial<Pick<Traits, "method" | "n_steps" | "target" | "baseline">>;

export interface Feed extends EventTarget {
  readonly frame: Frame | null;
  readonly status: Status;
  readonly state: State;
  /** Change what is computed; the answer comes as a status or a frame. */
  ask(changes: Asked): void;
  stop(): void;
}

export function createFeed(model: Model, signal: AbortSignal): Feed {
  return new ModelFeed(model, signal);
}

class ModelFeed extends EventTarget implements Feed {
  frame: Frame | null = null;
  status: Status = {};
  #model: Model;
  #waiting = false;

  constructor(model: Model, signal: AbortSignal) {
    super();
    this.#model = model;
    const saved = () => this.#guard(() => this.#accept(model.get("_frame")));
    const told = () => this.#guard(() => this.#hear(model.get("_status")));
    const message = (content: { kind?: string }, buffers?: Binary[]) =>
      this.#guard(() => {
        if (content.kind === "frame") this.#accept(content as WireFrame, buffers);
        if (content.kind === "status") this.#hear(content as Status);
      });
    on(model, "msg:custom", message, signal);
    on(model, "change:_frame", saved, signal);
    on(model, "change:_status", told, signal);
    on(model, "change:_choices", () => this.#tell(), signal);
    saved();
    told();
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

  #accept(frame: WireFrame | undefined, buffers?: Binary[]): void {
    if (frame?.seq === undefined) return;
    assertVersion(frame.v);
    if (this.frame && frame.seq <= this.frame.seq) return;
    this.frame = decodeFrame(frame, buffers);
    this.#waiting = false;
    if (this.frame.meta.final && (this.status.state === "running" || this.status.state === "queued")) {
      this.status = { state: "done" };
    }
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
