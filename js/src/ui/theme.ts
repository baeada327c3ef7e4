// Whether the page around the widget is light or dark, whether the host's own colours fit that, and when either changes.
// Knows nothing about what is drawn.
import { luminance, type Rgb } from "../paint/palette";

const ATTRIBUTES = ["class", "data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind", "style"];
const OPAQUE = 0.5;
const [FORCED, SYSTEM_DARK] = ["(forced-colors: active)", "(prefers-color-scheme: dark)"];

/** The white box that VS Code paints behind every widget; other widgets in it are drawn for white. */
const FORCED_BOX = ".cell-output-ipywidget-background";
const OTHER_WIDGETS = ".jupyter-widgets:not(.widget-container)";

/**
 * The nearest sign decides: a background that covers what is behind it, or what the host says of itself; then light ink
 * means a dark page, which follows the system where a page does. Before it is in the page, the page itself tells. Where the
 * system forces its colours on every page, it alone decides.
 */
export function isDark(element: HTMLElement): boolean {
  if (matchMedia(FORCED).matches) return matchMedia(SYSTEM_DARK).matches;
  const host = element.isConnected ? element : document.body;
  for (let node: Element | null = host; node; node = parentAcrossShadow(node)) {
    const dark = signOfBackground(node) ?? signOf(node);
    if (dark !== null) return dark;
  }
  return lightness(getComputedStyle(host).color) > 0.4;
}

/** Luminance of a computed colour, 0..1; NaN where it lets through what is behind it, or cannot be read. */
function lightness(color: string): number {
  const unit = color.startsWith("rgb") ? 1 : color.startsWith("color(srgb ") ? 255 : Number.NaN;
  const [r, g, b, alpha = 1] = (color.match(/\d*\.?\d+(e-\d+)?/g) ?? []).map(Number.parseFloat);
  if (alpha < OPAQUE || b === undefined) return Number.NaN;
  return luminance([r, g, b].map((part) => unit * part!) as Rgb);
}

/** White reads better on it than black. */
function isDarkColor(color: string): boolean | null {
  const light = lightness(color);
  return Number.isNaN(light) ? null : light < 0.18;
}

function signOfBackground(node: Element): boolean | null {
  return isDarkColor(getComputedStyle(node).backgroundColor);
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

/** Let the page show through the forced box, where nothing else in it counts on white. */
function clearForcedBox(root: HTMLElement): void {
  const box = root.closest<HTMLElement>(FORCED_BOX);
  if (box && !box.querySelector(OTHER_WIDGETS))
    box.style.setProperty("background", "transparent", "important");
}

/** Whether ink and paper are the host's for this theme: its variables may be those of another (light ones on a dark page). */
function fits(root: HTMLElement, dark: boolean): boolean {
  const { firstElementChild: card } = root;
  const ink = isDarkColor(getComputedStyle(root).color);
  const paper = card && signOfBackground(card);
  return ink !== dark && (paper ?? dark) === dark;
}

/** Keep `root`'s data-theme true, and say when it changed; with data-own the widget uses colours of its own. */
export function followTheme(
  root: HTMLElement,
  host: HTMLElement,
  changed: () => void,
  signal: AbortSignal,
): void {
  const read = () => {
    clearForcedBox(root);
    const dark = isDark(host);
    const theme = dark ? "dark" : "light";
    const before = root.dataset.theme;
    root.dataset.theme = theme;
    root.removeAttribute("data-own");
    root.toggleAttribute("data-own", !fits(root, dark));
    if (before !== theme) changed();
  };
  const observer = new MutationObserver(read);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ATTRIBUTES });
  }
  const sizes = new ResizeObserver(read); // a host that puts the widget on the page only now tells its theme only now
  sizes.observe(root);
  for (const query of [SYSTEM_DARK, FORCED]) matchMedia(query).addEventListener("change", read, { signal });
  document.addEventListener("load", read, { capture: true, signal }); // a theme's stylesheet came after its name
  const end = () => {
    observer.disconnect();
    sizes.disconnect();
  };
  signal.addEventListener("abort", end, { once: true });
  read();
}
