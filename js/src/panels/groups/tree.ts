// The tree of a hierarchy under its words: every group a bar as wide as its words, growing down to the whole input.
// Lives in the columns of the words, two for each. Knows nothing about traits, messages or what a score means.
import { colorAt, css, textColor } from "../../paint/palette";
import type { GroupScene } from "../../scenes/groups";
import type { Palette } from "../../scenes/look";
import {
  depthOf,
  keyOf,
  rootsOf,
  type Stem,
  stemsOf,
  type TreeNode,
  visible,
} from "../../scenes/phrase-tree";
import type { Scale } from "../../scenes/scale";
import { arrowOf, focusable, icon, make, renew, setText } from "../../ui/dom";

export interface TreeWords {
  /** Words of a group and what is known of it, for its name and its tip. */
  described(node: TreeNode): string;
  /** A number short enough for a bar. */
  written(score: number): string;
}

export interface Tree {
  node: HTMLElement;
  draw(scene: GroupScene, scale: Scale, look: Palette, words: TreeWords): void;
}

interface TreeActions {
  select(units: number[]): void;
  /** A group is pointed at or has the focus; null when it is left. */
  seen(beside: HTMLElement | null, text: string): void;
}

/** Columns of units first to last: each has two, so that lines can end in the middle of one. */
export const columns = (first: number, last: number) => `${2 * first + 1} / ${2 * last + 3}`;

export function createTree(actions: TreeActions, signal: AbortSignal): Tree {
  const node = make("div", { class: "whylight-tree", role: "tree", "aria-label": "Hierarchy of phrases" });
  const folded = new Set<string>();
  const bars = new Map<string, HTMLElement>();
  let shown: TreeNode[] = [];
  let last: Parameters<Tree["draw"]> | null = null;
  const nodeOf = (target: EventTarget | null) => {
    const bar = target instanceof Element ? target.closest<HTMLElement>("[data-group]") : null;
    return shown.find(({ key }) => key === bar?.dataset.group);
  };
  const fold = (which: TreeNode, shut: boolean) => {
    if (shut) folded.add(which.key);
    else folded.delete(which.key);
    if (last) draw(...last);
  };
  /** Again, and it is no longer selected. */
  const select = ({ key, units }: TreeNode) =>
    actions.select(last && keyOf(last[0].selected) === key ? [] : units);
  const focus = (to: TreeNode | undefined) => to && bars.get(to.key)?.focus();

  const draw: Tree["draw"] = (scene, scale, look, words) => {
    last = [scene, scale, look, words];
    shown = visible(rootsOf(scene.levels, folded));
    const stems = stemsOf(shown, scene.count).map(stemElement);
    const elements = shown.map((one) => {
      const bar = bars.get(one.key) ?? createBar(one.key);
      bars.set(one.key, bar);
      styleBar(bar, one, scale.position(one.score), scene, look, words);
      return bar;
    });
    renew(node, [...elements, ...stems]);
    node.hidden = shown.length === 0;
    if (!elements.some((bar) => bar.tabIndex === 0) && elements[0]) elements[0].tabIndex = 0;
  };
  const see = (target: EventTarget | null) => {
    const found = nodeOf(target);
    actions.seen(found ? bars.get(found.key)! : null, found && last ? last[3].described(found) : "");
  };
  const rove = (target: EventTarget | null) => {
    const found = nodeOf(target);
    if (found) for (const [key, bar] of bars) bar.tabIndex = key === found.key ? 0 : -1;
    see(target);
  };
  const click = (event: MouseEvent) => {
    const found = nodeOf(event.target);
    const chevron = event.target instanceof Element && event.target.closest(".whylight-fold");
    if (found && chevron) fold(found, !found.folded);
    else if (found) select(found);
  };
  const key = (event: KeyboardEvent) => {
    const found = nodeOf(event.target);
    if (!found || !pressed(arrowOf(event), found)) return;
    event.preventDefault();
  };
  const pressed = (name: string, at: TreeNode): boolean => {
    const place = shown.indexOf(at);
    if (name === "ArrowDown") focus(shown[place + 1]);
    else if (name === "ArrowUp") focus(shown[place - 1]);
    else if (name === "Home") focus(shown[0]);
    else if (name === "End") focus(shown.at(-1));
    else if (name === "ArrowRight" && at.folded) fold(at, false);
    else if (name === "ArrowRight") focus(at.children[0]);
    else if (name === "ArrowLeft" && at.children.length > 0 && !at.folded) fold(at, true);
    else if (name === "ArrowLeft") focus(at.parent ?? undefined);
    else if (name === "Enter" || name === " ") select(at);
    else if (name === "Escape") actions.select([]);
    else return false;
    return true;
  };
  node.addEventListener("click", click, { signal });
  node.addEventListener("keydown", key, { signal });
  node.addEventListener("pointerover", (event) => see(event.target), { signal });
  node.addEventListener("pointerleave", () => actions.seen(null, ""), { signal });
  node.addEventListener("focusin", (event) => rove(event.target), { signal });
  node.addEventListener("focusout", () => actions.seen(null, ""), { signal });
  return { node, draw };
}

function createBar(key: string): HTMLElement {
  const chevron = make("span", { class: "whylight-fold", "aria-hidden": "true" }, icon("fold"));
  const number = make("span", { class: "whylight-group-score", dir: "ltr" });
  const bar = make("div", { class: "whylight-group", role: "treeitem", tabindex: "-1" }, chevron, number);
  bar.dataset.group = key;
  focusable(bar);
  return bar;
}

function styleBar(
  bar: HTMLElement,
  node: TreeNode,
  position: number,
  scene: GroupScene,
  look: Palette,
  words: TreeWords,
): void {
  const color = colorAt(look.colormap, look.dark, position);
  const siblings = node.parent?.children ?? [];
  bar.style.gridColumn = columns(node.units[0]!, node.units.at(-1)!);
  bar.style.gridRow = String(node.height);
  bar.style.background = css(color);
  bar.style.color = textColor(color);
  setText(bar.querySelector<HTMLElement>(".whylight-group-score")!, words.written(node.score));
  bar.querySelector<HTMLElement>(".whylight-fold")!.hidden = node.children.length === 0;
  const chosen = keyOf(scene.selected) === node.key;
  const states = {
    label: words.described(node),
    level: depthOf(node),
    posinset: siblings.indexOf(node) + 1 || null,
    setsize: siblings.length || null,
    selected: String(chosen),
    expanded: node.children.length ? String(!node.folded) : null,
  };
  for (const [name, value] of Object.entries(states)) {
    if (value === null) bar.removeAttribute(`aria-${name}`);
    else bar.setAttribute(`aria-${name}`, String(value));
  }
}

function stemElement({ first, last, from, to }: Stem): HTMLElement {
  const stem = make("span", { class: "whylight-stem", role: "presentation" });
  stem.style.gridColumn = columns(first, last);
  stem.style.gridRow = `${from} / ${to + 1}`;
  return stem;
}
