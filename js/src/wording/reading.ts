// The answer in a sentence or two, as Python wrote it for what is on show.
// Knows nothing about where the words are shown.
import type { Meta } from "../kernel/protocol";

/** The sentence for one detail, or the only one; "" where there is none. */
export function readingOf(meta: Pick<Meta, "readings"> | null | undefined, detail: string): string {
  const { readings = {} } = meta ?? {};
  return readings[detail] ?? readings[""] ?? "";
}

/** A picture's accessible name: what it is, and what it says. */
export function named(name: string, meta: Pick<Meta, "readings"> | null | undefined, detail: string): string {
  return [name, readingOf(meta, detail)].filter(Boolean).join(". ");
}
