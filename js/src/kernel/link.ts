// How the kernel behind a model is: at hand, silent, cut off for now, or gone; from what the host says, else by asking.
// Knows nothing of what is asked or drawn.
import type { Model } from "./protocol";

/**
 * - `live`: nothing speaks against it; `busy`: it runs a cell, as far as the host tells
 * - `silent`: what was asked has no answer yet, and nobody says why
 * - `cut`: the page has lost the connection and tries again by itself
 * - `restarted`, `ended`: what was behind the model is gone
 */
export type Kernel = "live" | "busy" | "silent" | "cut" | "restarted" | "ended";

export interface Link {
  readonly kernel: Kernel;
  /** Python was asked something that it answers. */
  asked(): void;
  /** Something came from Python; while it works there is more to come. */
  heard(working: boolean): void;
}

/** Milliseconds without an answer until Python is asked whether it is there, and then until that counts as unanswered. */
export const PATIENCE = 1500;
/** The same while Python works: a pass may take long. */
const WORKING = 15_000;
/** A kernel may be busy for so long with what the widget sends; with a cell for longer. */
const A_MOMENT = 250;

interface Signal {
  connect(slot: (sender: unknown, value: string) => void): unknown;
  disconnect(slot: (sender: unknown, value: string) => void): unknown;
}

/** What JupyterLab, Notebook 7 and VS Code know of a kernel; other hosts tell nothing. */
interface Connection {
  status?: string;
  connectionStatus?: string;
  statusChanged?: Signal;
  connectionStatusChanged?: Signal;
  disposed?: Signal;
}

const GONE: Partial<Record<string, Kernel>> = {
  restarting: "restarted",
  autorestarting: "restarted",
  terminating: "ended",
  dead: "ended",
};

export function createLink(model: Model, ping: () => void, changed: () => void, signal: AbortSignal): Link {
  return new KernelLink(model, ping, changed, signal);
}

class KernelLink implements Link {
  #known: Kernel = "live";
  #connection: Connection;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy: boolean;
  #busySoon: ReturnType<typeof setTimeout> | undefined;
  #ping: () => void;
  #changed: () => void;

  constructor(model: Model, ping: () => void, changed: () => void, signal: AbortSignal) {
    [this.#ping, this.#changed] = [ping, changed];
    const manager = model.widget_manager as { kernel?: Connection | null } | undefined;
    this.#connection = manager?.kernel ?? {};
    this.#busy = this.#connection.status === "busy";
    const { statusChanged, connectionStatusChanged, disposed } = this.#connection;
    connect(statusChanged, (_, status) => this.#status(status), signal);
    connect(connectionStatusChanged, (_, status) => this.#connected(status), signal);
    connect(disposed, () => this.#become("ended"), signal);
    const end = () => {
      clearTimeout(this.#timer);
      clearTimeout(this.#busySoon);
    };
    signal.addEventListener("abort", end, { once: true });
  }

  get kernel(): Kernel {
    return this.#busy && (this.#known === "live" || this.#known === "silent") ? "busy" : this.#known;
  }

  asked(): void {
    if (!this.#timer && this.#known === "live") this.#await(PATIENCE);
  }

  heard(working: boolean): void {
    this.#become("live");
    if (working) this.#await(WORKING);
  }

  /** Ask after a while whether anybody is there; nobody means that the kernel is as `otherwise` says. */
  #await(patience: number, otherwise: Kernel = "silent"): void {
    const ask = () => {
      this.#timer = setTimeout(() => this.#become(otherwise), PATIENCE);
      this.#ping();
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(ask, patience);
  }

  #become(kernel: Kernel): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (kernel === this.#known) return;
    this.#known = kernel;
    this.#changed();
  }

  #status(status: string): void {
    const gone = GONE[status];
    if (gone) this.#become(gone);
    else if (status === "starting" && this.#known === "live") this.#await(0, "restarted");
    clearTimeout(this.#busySoon);
    if (status === "busy") this.#busySoon = setTimeout(() => this.#setBusy(true), A_MOMENT);
    else this.#setBusy(false);
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#changed();
  }

  #connected(status: string): void {
    if (isGone(this.#known)) return;
    this.#become(status === "connected" ? "live" : "cut");
    this.asked();
  }
}

/** Whether what was behind the model is gone for good. */
export function isGone(kernel: Kernel): boolean {
  return kernel === "restarted" || kernel === "ended";
}

function connect(
  source: Signal | undefined,
  slot: Parameters<Signal["connect"]>[0],
  signal: AbortSignal,
): void {
  source?.connect?.(slot);
  signal.addEventListener("abort", () => source?.disconnect?.(slot), { once: true });
}
