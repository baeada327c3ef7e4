// Makes elements. Text is always text; everything focusable keeps its keys from the notebook's shortcuts.
// Knows nothing about what the elements mean.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null | undefined>;

const FOCUSABLE = new Set(["button", "input", "select", "summary"]);

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  if (FOCUSABLE.has(tag)) focusable(element);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Reachable by keyboard, and deaf to the notebook's shortcuts (Lumino looks at the event's target only). */
export function focusable(element: HTMLElement): void {
  element.dataset.lmSuppressShortcuts = "true";
  if (!element.hasAttribute("tabindex")) element.tabIndex = 0;
}

/** Keys stay in here, as hosts move between cells by arrows, Enter and Escape; their shortcuts and Tab pass. */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  const keep = (event: KeyboardEvent) => {
    const shortcut = event.ctrlKey || event.metaKey || event.altKey || /^(F\d+|Tab)$/.test(event.key);
    if (!shortcut || event.defaultPrevented) event.stopPropagation();
  };
  root.addEventListener("keydown", keep, { signal });
}

export function setAttribute(element: Element, name: string, value: Attributes[string]): void {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Of an arrow key, its sense in text that runs from left to right. */
export function arrowOf(event: KeyboardEvent): string {
  const mirrored: Partial<Record<string, string>> = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };
  const around = event.target instanceof Element ? event.target.parentElement : null; // a chip has its own direction
  const rtl = around !== null && getComputedStyle(around).direction === "rtl";
  return (rtl && mirrored[event.key]) || event.key;
}

/** New children in place of the old ones; one that is kept and had the focus keeps it. */
export function renew(node: HTMLElement, children: readonly HTMLElement[]): void {
  const same = node.children.length === children.length && children.every((c, i) => node.children[i] === c);
  if (same) return;
  const { activeElement } = node.getRootNode() as Document | ShadowRoot;
  const held = children.find((child) => child === activeElement);
  node.replaceChildren(...children);
  held?.focus({ preventScroll: true });
}

const ICONS = {
  fold: "M4.5 6.5L8 10l3.5-3.5",
  more: "M3.2 8h.1M8 8h.1M12.8 8h.1",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  stop: "M4.5 4.5h7v7h-7z",
  queued: "M8 4.5V8l2.5 1.5M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
  running: "M5.5 3.5v9l7-4.5z",
  done: "M3 8.5l3.5 3.5L13 4.5",
  doubtful: "M8 3l5.5 10h-11zM8 7v2.5M8 11.2v.3",
  error: "M4 4l8 8M12 4l-8 8",
  stopped: "M4.5 4.5h7v7h-7z",
  static: "M4 2.5h8v11l-4-3-4 3z",
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "whylight-icon");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
