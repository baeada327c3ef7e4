// The items of a list: which of them match what was typed, and their elements.
// Knows nothing about fields or what is chosen.
import { make } from "../dom";

export interface Item {
  value: string;
  label: string;
  /** A short number at the other end of its line. */
  aside?: string;
}

export interface ItemGroup {
  label: string;
  items: readonly Item[];
}

export function groupOf(label: string): HTMLElement {
  const heading = make("div", { class: "whylight-list-heading", "aria-hidden": "true" }, label);
  return make("div", { role: "group", "aria-label": label || null }, label ? heading : null);
}

export function optionOf({ label, aside = "" }: Item, id: string, selected: boolean): HTMLElement {
  const number = make("span", { class: "whylight-list-item-aside" }, aside);
  const words = make("span", { class: "whylight-list-item-label" }, label);
  const about = { class: "whylight-list-item", role: "option", id, "aria-selected": String(selected) };
  return make("div", about, words, aside ? " " : null, aside ? number : null);
}

export function nothing(query: string): HTMLElement {
  const about = {
    class: "whylight-list-item",
    role: "option",
    "aria-disabled": "true",
    "aria-selected": "false",
  };
  return make("div", about, `Nothing matches “${query.trim()}”`);
}

const wordsOf = (query: string) => query.trim().toLowerCase().split(/\s+/);

/** Those that hold all the words. */
export function matching(items: readonly Item[], query: string): Item[] {
  const words = wordsOf(query);
  return items.filter(({ label }) => {
    const text = label.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The same text, else one that begins with it, else one with a word that does, else the first. */
export function bestOf(items: readonly Item[], query: string): Item {
  const wanted = query.trim().toLowerCase();
  const rank = ({ label }: Item) => {
    const text = label.toLowerCase();
    if (text === wanted) return 0;
    return text.startsWith(wanted) ? 1 : text.includes(` ${wanted}`) ? 2 : 3;
  };
  return items.reduce((best, item) => (rank(item) < rank(best) ? item : best), items[0]!);
}
