// The widget's entry point: one feed per model, any number of cards. Wiring only.
import type { RenderProps } from "@anywidget/types";
import { Card } from "./card";
import { createFeed, type Feed } from "./kernel/feed";
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
      new Card(model, el, feed ?? createFeed(model, life.signal), life.signal);
      return () => life.abort();
    },
  };
};
