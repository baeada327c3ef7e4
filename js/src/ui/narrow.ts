// Whether something is narrow, followed.
// Knows nothing about what is laid out in it.

const NARROW = 480; // pixels

/** Tells whether `node` is narrow now; `changed` is called when that changes. */
export function followNarrow(node: HTMLElement, changed: () => void, signal: AbortSignal): () => boolean {
  let narrow = false;
  const sizes = new ResizeObserver(([entry]) => {
    const now = entry !== undefined && entry.contentRect.width > 0 && entry.contentRect.width < NARROW;
    if (now === narrow) return;
    narrow = now;
    changed();
  });
  sizes.observe(node);
  signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  return () => narrow;
}
