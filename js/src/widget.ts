// The widget: one feed per model, any number of cards. Wiring only; knows nothing about any one kind of input.
import type { RenderProps } from "@anywidget/types";
import { Card } from "./card";
import { Strip } from "./film/strip";
import { createFeed, type Feed, subscribe } from "./kernel/feed";
import type { Model, Traits } from "./kernel/protocol";

export default () => {
  let feed: Feed | undefined;
  return {
    initialize({ model, signal }: { model: Model; signal: AbortSignal }): void {
      feed = createFeed(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): () => void {
      const life = new AbortController();
      signal?.addEventListener("abort", () => life.abort(), { once: true });
      const known = feed ?? createFeed(model, life.signal);
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
