// A model without a kernel: get, set, on, off, save_changes, send. For the dev page and the tests.
import type { Model, Traits } from "../src/kernel/protocol";

// biome-ignore lint/suspicious/noExplicitAny: as the host's own listeners
type Listener = (...args: any[]) => void;

export class FakeModel {
  saved: Partial<Traits>[] = [];
  sent: unknown[] = [];
  /** Whether anybody is there is asked after a while, so it is counted apart. */
  pings = 0;
  /** What the host knows of the kernel. */
  widget_manager: { kernel?: object } = {};
  listeners = new Map<string, Set<Listener>>();
  #state: Partial<Traits>;
  #dirty: Partial<Traits> = {};

  constructor(state: Partial<Traits>) {
    this.#state = {
      _frame: {},
      _status: {},
      _choices: {},
      method: "integrated_gradients",
      n_steps: 33,
      target: 207,
      baseline: "black",
      colormap: "RdBu",
      opacity: 0.85,
      clip: 99.5,
      sign: "all",
      view: "side",
      order: "magnitude",
      subgroup: "",
      selection: [],
      pixel: [],
      channel: null,
      composite: [],
      scale: "shared",
      compare: [],
      _compared: {},
      _groups: {},
      against: null,
      scorer: "cd",
      units: null,
      ...state,
    };
  }

  get asModel(): Model {
    return this as unknown as Model;
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.#state[name] as Traits[K];
  }

  set<K extends keyof Traits>(name: K, value: Traits[K]): void {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    this.#dirty[name] = value;
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    if (Object.keys(this.#dirty).length) this.saved.push(this.#dirty);
    this.#dirty = {};
  }

  send(content: { kind?: string }): void {
    if (content.kind === "ping") this.pings++;
    else this.sent.push(content);
  }

  on(event: string, listener: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  /** What Python would do: change a trait, or send a message. */
  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...args);
  }
}
