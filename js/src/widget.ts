// The widget: one feed per model, any number of cards. Wiring only; knows nothing about any one kind of input.
import type { RenderProps } from "@anywidget/types";
import { Card } from "./card";
import { Strip } from "./film/strip";
import { createFeed, type Feed, subscribe } from "./kernel/feed";
import type { Model, Traits } from "./kernel/protocol";

/** What a closed model lets go of: hosts hold on to it, so a cell run a hundred times would keep a hundred pictures. */
const HEAVY = ["_esm", "_css", "_input", "_choices", "_frame", "_compared", "_path", "_groups", "_film"];

/** What views of one model share, while there are any: a widget without a view keeps no frames. */
interface Shared {
  feed: Feed;
  life: AbortController;
  views: number;
}

function share(model: Model): Shared {
  const life = new AbortController();
  return { feed: createFeed(model, life.signal), life, views: 0 };
}

export default () => {
  let shared: Shared | undefined;
  const join = (model: Model, left: AbortSignal): Feed => {
    shared ??= share(model);
    const joined = shared;
    joined.views += 1;
    const leave = () => {
      joined.views -= 1;
      if (joined.views > 0) return;
      joined.life.abort();
      if (shared === joined) shared = undefined;
    };
    left.addEventListener("abort", leave, { once: true });
    return joined.feed;
  };
  return {
    initialize({ model, signal }: { model: Model; signal: AbortSignal }): void {
      const release = () => {
        for (const name of HEAVY) model.set(name as keyof Traits, null as never);
      };
      subscribe(model, "destroy", release, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): () => void {
      const life = new AbortController();
      signal?.addEventListener("abort", () => life.abort(), { once: true });
      const known = join(model, life.signal);
      const strip = new Strip(model, known, life.signal);
      let card: Card | null = null;
      const show = () => {
        card = new Card(model, el, { feed: known, strip: strip.node, before: card }, life.signal);
      };
      subscribe(model, "change:_input", show, life.signal);
      show();
      return () => life.abort();
    },
  };
};
