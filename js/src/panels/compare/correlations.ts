// How alike the compared maps are, each with each: one triangle of rank correlations.
// Knows nothing about maps or how they are drawn.
import { correlation } from "../../numbers";
import { make } from "../../ui/dom";
import type { Tile } from "./tile";

export interface Correlations {
  node: HTMLElement;
  sync(tiles: Tile[]): void;
}

const NAME = "Rank correlations";
const HINT = "Spearman's rank correlation of two maps: 1 means the same order of values, 0 none, −1 reversed";

/** A table with a row for every map and a column for every map but the last, shown from three maps on. */
export function createCorrelations(): Correlations {
  const table = make("table", { class: "whylight-matrix", title: HINT });
  const node = make("div", { class: "whylight-matrix-frame" }, table);
  let written = "";
  const sync = (tiles: Tile[]) => {
    const shown = tiles.filter(({ missing }) => !missing);
    node.hidden = shown.length < 3;
    table.classList.toggle(
      "whylight-outdated",
      shown.some(({ fresh }) => !fresh),
    );
    const key = JSON.stringify(shown.map(({ label, correlations }) => [label, ...correlations]));
    if (node.hidden || key === written) return;
    written = key;
    table.replaceChildren(make("caption", {}, NAME), header(shown), ...shown.map(rowOf));
  };
  return { node, sync };
}

function header(tiles: Tile[]): HTMLElement {
  const columns = tiles.slice(0, -1).map(({ label }, i) => {
    const title = `${i + 1} ${label}`;
    return make("th", { scope: "col", title, "aria-label": title }, String(i + 1));
  });
  return make("tr", {}, make("td"), ...columns);
}

function rowOf(tile: Tile, row: number, tiles: Tile[]): HTMLElement {
  const name = make("span", { class: "whylight-matrix-name" }, tile.label);
  const head = make("th", { scope: "row", title: tile.label }, `${row + 1} `, name);
  return make("tr", {}, head, ...tiles.slice(0, row).map((other) => cell(tile, other)));
}

function cell(tile: Tile, other: Tile): HTMLElement {
  const [later, key] = tile.correlations.has(other.key) ? [tile, other.key] : [other, tile.key];
  const value = later.correlations.get(key);
  const text = value === undefined ? "" : value === null ? "none" : correlation(value);
  const node = make("td", {}, text);
  if (value) node.style.setProperty("--whylight-strength", `${Math.round(28 * Math.abs(value))}%`);
  return node;
}
