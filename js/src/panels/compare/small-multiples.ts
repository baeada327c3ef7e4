// Small multiples: maps of one size side by side, each under its name, the main one first.
// Knows nothing about traits, controls or what was chosen.
import type { Look } from "../../scenes/look";
import type { Scale } from "../../scenes/scale";
import { icon, make, setText } from "../../ui/dom";
import type { Drawing } from "../../ui/drawing";
import type { AnswerDrawing, Comparable } from "../../views/kind";
import { type Tile, tileFacts } from "./tile";

interface Small {
  node: HTMLElement;
  caption: HTMLElement;
  fact: HTMLElement;
  drawing: AnswerDrawing;
}

export class SmallMultiples implements Drawing<Tile[]> {
  readonly node: HTMLElement;
  #subject: Comparable;
  #small = new Map<string, Small>();

  constructor(subject: Comparable) {
    this.#subject = subject;
    const attributes = { class: "whylight-tiles", role: "list", "aria-label": "Compared maps" };
    this.node = make("div", attributes);
    this.node.dataset.kind = subject.kind;
  }

  draw(tiles: Tile[], look: Look): void {
    this.#arrange(tiles);
    const together = tiles.flatMap(({ frame }) => (frame ? [frame] : []));
    for (const tile of tiles) {
      const small = this.#small.get(tile.key);
      if (!small) continue;
      setText(small.caption, tile.label);
      small.node.title = tile.label;
      small.node.classList.toggle("whylight-outdated", !tile.fresh);
      const scale = tile.frame ? small.drawing.draw({ frame: tile.frame, together }, look) : null;
      if (!tile.frame && small.drawing.node.role === "img")
        small.drawing.node.setAttribute("aria-label", `Waiting for ${tile.label}`);
      small.drawing.node.hidden = tile.missing !== "";
      small.fact.replaceChildren(...factsOf(tile, tiles[0]!, look, scale));
    }
  }

  /** One place for every tile; those that stay keep theirs. */
  #arrange(tiles: Tile[]): void {
    this.#small = new Map(tiles.map(({ key }) => [key, this.#small.get(key) ?? create(this.#subject)]));
    const nodes = [...this.#small.values()].map(({ node }) => node);
    if (nodes.length !== this.node.children.length || nodes.some((node, i) => this.node.children[i] !== node))
      this.node.replaceChildren(...nodes);
    this.node.hidden = tiles.length === 0;
  }
}

function create(subject: Comparable): Small {
  const caption = make("div", { class: "whylight-tile-name" });
  const fact = make("div", {
    class: "whylight-tile-fact",
    title:
      "Spearman's rank correlation with the first map: 1 means the same order of values, 0 none, −1 reversed",
  });
  const drawing = subject.tile();
  const node = make("div", { class: "whylight-tile", role: "listitem" }, caption, drawing.node, fact);
  return { node, caption, fact, drawing };
}

function factsOf(tile: Tile, first: Tile, look: Look, scale: Scale | null): (Node | string)[] {
  if (tile.missing) return [make("span", { class: "whylight-tile-failure" }, icon("error"), tile.missing)];
  if (!tile.frame) return ["Waiting"];
  return tileFacts(tile, first, look, scale).flatMap((fact) => [make("span", {}, fact), " "]);
}
