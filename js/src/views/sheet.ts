// Features as signed bars under a small row of controls, with a caption that says how to read them.
// Knows nothing about models, messages or how values were computed.
import type { ViewOptions } from "../kernel/options";
import type { Frame, NamedColumns } from "../kernel/protocol";
import type { BarScene } from "../scenes/items";
import type { Look } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { optionList, type SelectField, selectField } from "../ui/fields";
import { sides } from "../wording/table";
import { Bars, type RowEditor } from "./bars";
import type { OnChange } from "./kind";

const ORDERS = optionList({
  magnitude: "Strongest first",
  signed: "From + to −",
  name: "By name",
  given: "As given",
});
const UNITS = optionList({
  standardized: "Per standard deviation",
  raw: "Per unit",
});
const ORDER_HINT = "How the features are sorted";
const UNITS_HINT = "Standard deviations make features of different units comparable";

interface SheetScene extends BarScene {
  frame: Frame | null;
  /** Begin the caption. */
  words?: string;
  /** No value on show can be changed. */
  fixed?: boolean;
}

/** What one row and many have in common on the page. */
export class Sheet implements Drawing<SheetScene, Scale> {
  readonly node: HTMLElement;
  readonly tools = make("div", { class: "whylight-sheet-tools" });
  #bars: Bars;
  #hint: string;
  #caption = make("p", { class: "whylight-sheet-caption" });
  #order: SelectField;
  #units: SelectField;
  #columns: NamedColumns;

  /** With `editor` values can be changed. */
  constructor(columns: NamedColumns, change: OnChange, signal: AbortSignal, editor?: RowEditor) {
    this.#columns = columns;
    this.#bars = new Bars("Features", { head: "Feature", ...(editor && { editor }) });
    this.#hint = editor ? "Double-click a value, or press Enter on a row, to change it." : "";
    this.#order = selectField(
      "Order",
      (order) => change({ order: order as ViewOptions["order"] }),
      signal,
      ORDER_HINT,
    );
    this.#units = selectField("Units", (view) => change({ view }), signal, UNITS_HINT);
    this.tools.append(this.#order.node, this.#units.node);
    this.node = make("div", { class: "whylight-sheet" }, this.tools, this.#bars.node, this.#caption);
  }

  draw(scene: SheetScene, look: Look): Scale {
    const { frame, words = "", fixed = false } = scene;
    this.#order.offer(ORDERS, look.order);
    this.#units.offer(UNITS, look.view === "raw" ? "raw" : "standardized");
    this.#units.node.hidden = !frame?.meta.per_unit || !this.#columns.scales;
    this.#bars.draw(scene, look);
    setText(
      this.#caption,
      [words, sides(frame?.meta ?? null), fixed ? "" : this.#hint].filter(Boolean).join(" "),
    );
    return scene.scale;
  }
}
