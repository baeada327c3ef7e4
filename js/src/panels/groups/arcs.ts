// Arcs over a row of words: the strongest interactions of two words, each as wide and as coloured as it is strong.
// Lives in the columns of the words. Knows nothing about traits, messages or what the model is.
import { colorAt, css } from "../../paint/palette";
import type { GroupScene } from "../../scenes/groups";
import type { Palette } from "../../scenes/look";
import { type Pair, pairsOf, strongest } from "../../scenes/pairs";
import { arrowOf, make, renew } from "../../ui/dom";

interface ArcActions {
  described(pair: Pair): string;
  select(units: number[]): void;
  seen(beside: HTMLElement | null, text: string): void;
}

const PALEST = 0.45; // of full colour, so that a thin line is seen

export class Arcs {
  readonly node = make("div", {
    class: "whylight-arcs",
    role: "group",
    "aria-label": "Strongest interactions",
  });
  #actions: ArcActions;
  #shown: Pair[] = [];
  #arcs = new Map<string, HTMLElement>();
  #selected: readonly number[] = [];

  constructor(actions: ArcActions, signal: AbortSignal) {
    this.#actions = actions;
    const node = this.node;
    const leave = () => actions.seen(null, "");
    const see = (event: Event) => this.#see(event.target);
    node.addEventListener("pointerover", see, { signal });
    node.addEventListener("pointerleave", leave, { signal });
    node.addEventListener("focusin", see, { signal });
    node.addEventListener("focusout", leave, { signal });
    node.addEventListener("click", (event) => this.#select(event.target), { signal });
    node.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  draw(scene: GroupScene, of: readonly number[], look: Palette): void {
    const pairs = scene.paired ? pairsOf(scene) : [];
    this.node.hidden = pairs.length === 0;
    this.#shown = strongest(pairs, of);
    this.#selected = scene.selected;
    const top = Math.abs(pairs[0]?.interaction ?? 0);
    const arcs = this.#shown.map((pair) => {
      const key = pair.units.join();
      const arc = this.#arcs.get(key) ?? make("button", { type: "button", class: "whylight-arc" });
      this.#arcs.set(key, arc);
      styleArc(arc, pair, top, scene.count, look);
      arc.setAttribute("aria-label", this.#actions.described(pair));
      return arc;
    });
    arcs.forEach((arc, i) => {
      arc.tabIndex = i === 0 ? 0 : -1;
    });
    renew(this.node, arcs);
  }

  #pairAt(target: EventTarget | null): Pair | undefined {
    return this.#shown[Array.prototype.indexOf.call(this.node.children, target)];
  }

  #see(target: EventTarget | null): void {
    const pair = this.#pairAt(target);
    if (pair) this.#actions.seen(target as HTMLElement, this.#actions.described(pair));
  }

  #select(target: EventTarget | null): void {
    const pair = this.#pairAt(target);
    if (pair) this.#actions.select(this.#selected.join() === pair.units.join() ? [] : pair.units);
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[arrowOf(event)];
    const arcs = [...this.node.children] as HTMLElement[];
    const next = step && arcs[arcs.indexOf(event.target as HTMLElement) + step];
    if (event.key === "Escape") this.#actions.select([]);
    else if (next) next.focus();
    else return;
    event.preventDefault();
  }
}

function styleArc(
  arc: HTMLElement,
  { units: [i, j], interaction }: Pair,
  top: number,
  count: number,
  look: Palette,
): void {
  const strength = Math.abs(interaction) / top;
  const shade = Math.sign(interaction) * (PALEST + (1 - PALEST) * strength);
  arc.classList.toggle("whylight-arc-against", interaction < 0);
  arc.style.gridColumn = `${2 * i + 2} / ${2 * j + 2}`;
  arc.style.height = `${Math.round(20 + 44 * Math.sqrt((j - i) / Math.max(1, count - 1)))}px`;
  arc.style.borderWidth = `${(1 + 3.5 * strength).toFixed(1)}px`;
  arc.style.borderBottomWidth = "0";
  arc.style.borderColor = css(colorAt(look.colormap, look.dark, shade));
  arc.style.zIndex = String(count - (j - i));
}
