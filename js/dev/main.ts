// Renders the bundle with synthetic cases, or with whatever `window.show` is given.
// kinds of inputs by themselves replace those that stand beside others
import "../src/bundles/several";
import "../src/bundles/pictures";
import "../src/bundles/signals";
import widget from "../src/bundles/widget";
import { cases } from "./cases";
import { FakeModel } from "./model";

const shown: AbortController[] = [];

export function show(state: ConstructorParameters<typeof FakeModel>[0], messages: unknown[] = []): FakeModel {
  for (const life of shown.splice(0)) life.abort();
  const life = new AbortController();
  shown.push(life);
  const model = new FakeModel(state);
  const el = document.querySelector("main")!;
  const { initialize, render } = widget();
  initialize({ model: model.asModel, signal: life.signal });
  render({ model: model.asModel, el, signal: life.signal } as unknown as Parameters<typeof render>[0]);
  for (const message of messages) model.emit("msg:custom", message, []);
  return model;
}

const query = new URLSearchParams(location.search);
document.body.dataset.theme = query.get("theme") ?? "light";
const made = cases[query.get("case") ?? "image"]?.(query);
if (made) Object.assign(window, { model: show(made.state, made.messages) });
Object.assign(window, { show, cases });
