// Keeps what is dear to make until what it was made from has changed.
// Knows nothing about what it keeps.

/** Made again only when one of the keys has changed. */
export function remembered<T>(): (keys: readonly unknown[], make: () => T) => T {
  let last: { keys: readonly unknown[]; made: T } | null = null;
  return (keys, make) => {
    if (!last || last.keys.some((key, i) => !Object.is(key, keys[i]))) last = { keys, made: make() };
    return last.made;
  };
}
