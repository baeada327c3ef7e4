// Shows the whole widget on a model without a kernel; every file that imports this gets a clean page per test.
import { afterEach, beforeEach, vi } from "vitest";
import { cases } from "../dev/cases";
import { FakeModel } from "../dev/model";
// kinds of inputs by themselves replace those that stand beside others
import "../src/bundles/several";
import "../src/bundles/pictures";
import "../src/bundles/signals";
import widget from "../src/bundles/widget";
import type { Traits } from "../src/kernel/protocol";
import type { Look } from "../src/scenes/look";

export const QUERY = new URLSearchParams();

/** What a fresh card looks like on a light page. */
export const LOOK: Look = {
  colormap: "RdBu",
  opacity: 1,
  clip: 100,
  sign: "all",
  detail: "pixels",
  view: "",
  order: "magnitude",
  subgroup: "",
  selection: [],
  pixel: [],
  channel: null,
  composite: [],
  scale: "shared",
  dark: false,
};

export interface Shown {
  model: FakeModel;
  host: HTMLElement;
  root: HTMLElement;
  closeView(): void;
  closeModel(): void;
  again(): HTMLElement;
}

export async function painted(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 40));
}

export function show(name: string, more: Partial<Traits> = {}, kernel?: object): Shown {
  const made = cases[name]!(QUERY);
  const model = new FakeModel({ ...made.state, ...more });
  if (kernel) model.widget_manager = { kernel };
  const [modelLife, viewLife] = [new AbortController(), new AbortController()];
  const { initialize, render } = widget();
  initialize({ model: model.asModel, signal: modelLife.signal });
  const place = (life: AbortController) => {
    const host = document.body.appendChild(document.createElement("div"));
    render({ model: model.asModel, el: host, signal: life.signal } as unknown as Parameters<
      typeof render
    >[0]);
    return host;
  };
  const host = place(viewLife);
  for (const message of made.messages ?? []) model.emit("msg:custom", message, []);
  return {
    model,
    host,
    root: host.querySelector<HTMLElement>(".whylight")!,
    closeView: () => viewLife.abort(),
    closeModel: () => modelLife.abort(),
    again: () => place(new AbortController()),
  };
}

export const named = <T extends HTMLElement>(root: ParentNode, name: string) =>
  root.querySelector<T>(`[aria-label="${name}"]`)!;

export function choose(select: HTMLSelectElement, value: string): void {
  select.value = value;
  select.dispatchEvent(new Event("change"));
}

const press = (input: HTMLElement, key: string) =>
  input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

/** Open the list of a combobox, and read it: every option under the name of its group; then close it. */
export function listed(root: ParentNode, name: string): [group: string, options: string[]][] {
  const input = named<HTMLInputElement>(root, name);
  press(input, "ArrowDown");
  const groups = [...input.parentElement!.querySelectorAll('[role="group"]')];
  const told = groups.map((group): [string, string[]] => [
    group.getAttribute("aria-label") ?? "",
    [...group.querySelectorAll('[role="option"]')].map((option) => option.textContent),
  ]);
  press(input, "Escape");
  return told;
}

/** Type into a combobox and take what Enter gives. */
export function pick(root: ParentNode, name: string, text: string): void {
  const input = named<HTMLInputElement>(root, name);
  input.value = text;
  input.dispatchEvent(new Event("input"));
  press(input, "Enter");
}

export const status = (values: object) => ({
  kind: "status",
  v: 1,
  message: "",
  detail: "",
  done: 0,
  total: null,
  ...values,
});

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
  vi.stubGlobal("ImageData", class {});
});
afterEach(() => document.body.replaceChildren());
