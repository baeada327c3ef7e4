// Levels of groups -> one tree, laid out by heights: a group stands one row below its highest part. Pure.
// Knows nothing about the page or colours.
import { ascending, beyond, type GroupScene, type ScoredGroup } from "./groups";

export interface TreeNode extends ScoredGroup {
  key: string;
  /** Groups it consists of; its other units are single. */
  children: TreeNode[];
  parent: TreeNode | null;
  /** What is between it and its units is hidden. */
  folded: boolean;
  /** Rows below the single units. */
  height: number;
}

export const keyOf = (units: readonly number[]) => ascending(units).join();

/** The largest groups of several units, in the order of their units. */
export function rootsOf(levels: readonly ScoredGroup[][], folded: ReadonlySet<string>): TreeNode[] {
  const top = new Map<number, TreeNode>();
  for (const { units, score } of levels.flat()) {
    const key = keyOf(units);
    if (units.length < 2 || top.get(units[0]!)?.key === key) continue;
    const children = [...new Set(units.flatMap((unit) => top.get(unit) ?? []))];
    const shut = folded.has(key) && children.length > 0;
    const height = 1 + (shut ? 0 : Math.max(0, ...children.map((child) => child.height)));
    const node: TreeNode = { key, units, score, children, parent: null, folded: shut, height };
    for (const child of children) child.parent = node;
    for (const unit of units) top.set(unit, node);
  }
  return [...new Set([...top.keys()].sort((a, b) => a - b).map((unit) => top.get(unit)!))];
}

/** Every node that is not hidden, parents before their children. */
export function visible(roots: readonly TreeNode[]): TreeNode[] {
  return roots.flatMap((node) => [node, ...(node.folded ? [] : visible(node.children))]);
}

export function depthOf(node: TreeNode): number {
  return node.parent ? depthOf(node.parent) + 1 : 1;
}

/** Its score beyond the sum of its parts in the tree: smaller groups, and single units. */
export function gainOf(node: TreeNode, scene: GroupScene): number | null {
  const grouped = new Set(node.children.flatMap(({ units }) => units));
  const singles = node.units.filter((unit) => !grouped.has(unit)).map((unit) => scene.scoreOf([unit]));
  return beyond(node.score, [...node.children.map(({ score }) => score), ...singles]);
}

/** Lines from a part down to the group that takes it in: first and last unit, first and last row between them. */
export function stemsOf(nodes: readonly TreeNode[], count: number): Stem[] {
  const owner = new Map<number, TreeNode>();
  for (const node of nodes) for (const unit of node.units) owner.set(unit, node); // the smallest comes last
  const singles = Array.from({ length: count }, (_, unit) => ({
    units: [unit],
    height: 0,
    to: owner.get(unit),
  }));
  const groups = nodes.map((node) => ({ ...node, to: node.parent ?? undefined }));
  return [...singles, ...groups].flatMap(({ units, height, to }) =>
    to && to.height > height + 1
      ? [{ first: units[0]!, last: units.at(-1)!, from: height + 1, to: to.height - 1 }]
      : [],
  );
}

export interface Stem {
  first: number;
  last: number;
  from: number;
  to: number;
}
