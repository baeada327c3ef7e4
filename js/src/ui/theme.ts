// Whether the page around the widget is light or dark, and when that changes.
// Knows nothing about colours or what is drawn.
import { luminance, type Rgb } from "../paint/palette";

const ATTRIBUTES = ["class", "data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind", "style"];

/** Explicit signs of the host first; otherwise light ink means a dark page. Before it is in the page, the page itself tells. */
export function isDark(element: HTMLElement): boolean {
  const host = element.isConnected ? element : document.body;
  for (let node: Element | null = host; node; node = parentAcrossShadow(node)) {
    const sign = signOf(node);
    if (sign !== null) return sign;
  }
  const [r, g, b] =
    getComputedStyle(host)
      .color.match(/\d+(\.\d+)?/g)
      ?.map(Number) ?? [];
  return b !== undefined && luminance([r, g, b] as Rgb) > 0.4;
}

function signOf(node: Element): boolean | null {
  const jupyter = node.getAttribute("data-jp-theme-light");
  if (jupyter) return jupyter === "false";
  const named = node.getAttribute("data-theme") ?? node.getAttribute("theme");
  if (named === "dark" || named === "light") return named === "dark";
  const names = node.classList;
  if (names.contains("vscode-light") || names.contains("vscode-high-contrast-light")) return false;
  if (names.contains("vscode-dark") || names.contains("vscode-high-contrast") || names.contains("dark"))
    return true;
  return null;
}

function parentAcrossShadow(node: Element): Element | null {
  const root = node.getRootNode();
  return node.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** Keep `root`'s data-theme true, and say when it changed. */
export function followTheme(
  root: HTMLElement,
  host: HTMLElement,
  changed: () => void,
  signal: AbortSignal,
): void {
  const read = () => {
    const theme = isDark(host) ? "dark" : "light";
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    changed();
  };
  const observer = new MutationObserver(read);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ATTRIBUTES });
  }
  const sizes = new ResizeObserver(read); // a host that puts the widget on the page only now tells its theme only now
  sizes.observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read, { signal });
  const end = () => {
    observer.disconnect();
    sizes.disconnect();
  };
  signal.addEventListener("abort", end, { once: true });
  read();
}
