// A text field over a list that typing narrows down (ARIA's editable combobox). Of a long list only as much is made as is looked at.
// Knows nothing about what is chosen.
import { count } from "../../numbers";
import { focusable, icon, make, setAttribute, setText } from "../dom";
import { placeFloating } from "./floating";
import { bestOf, groupOf, type Item, type ItemGroup, matching, nothing, optionOf } from "./items";

export interface Shown {
  value: string;
  /** What the closed field says. */
  text: string;
  /** All of it, where a pointer rests. */
  title?: string;
}

const PAGE = 8;
/** Options made at a time. */
const MADE = 100;

/** Height of the heading that stays in sight above a group. */
const HEADING = 24;

let made = 0;

export class Combobox {
  readonly node: HTMLElement;
  readonly input: HTMLInputElement;
  #list: HTMLElement;
  #said = make("span", { class: "whylight-said", "aria-live": "polite" });
  #chosen: (value: string) => void;
  #groups: () => ItemGroup[] = () => [];
  #shown: Shown = { value: "", text: "" };
  #found: { group: string; item: Item }[] = [];
  #options: HTMLElement[] = [];
  #at = -1;
  #id = `whylight-list-${made++}`;
  #opened: AbortController | null = null;

  constructor(label: string, chosen: (value: string) => void, signal: AbortSignal, placeholder = "") {
    this.#chosen = chosen;
    this.input = make("input", {
      type: "text",
      class: "whylight-input whylight-combobox-input",
      role: "combobox",
      "aria-label": label,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.#id,
      autocomplete: "off",
      spellcheck: "false",
      placeholder,
    });
    const list = { class: "whylight-list", role: "listbox", id: this.#id, "aria-label": label, tabindex: -1 };
    this.#list = make("div", { ...list, hidden: true });
    if ("popover" in HTMLElement.prototype) this.#list.setAttribute("popover", "manual");
    focusable(this.#list);
    this.node = make(
      "span",
      { class: "whylight-combobox" },
      this.input,
      icon("fold"),
      this.#list,
      this.#said,
    );
    this.#listen(signal);
  }

  #listen(signal: AbortSignal): void {
    const { input } = this;
    const open = () => {
      if (this.#opened) return;
      this.#open();
      input.select();
    };
    input.addEventListener("click", open, { signal });
    input.addEventListener("input", () => this.#typed(), { signal });
    input.addEventListener("keydown", (event) => this.#key(event), { signal });
    input.addEventListener("blur", () => this.#close(), { signal });
    this.#list.addEventListener("mousedown", (event) => event.preventDefault(), { signal }); // keeps the focus
    this.#list.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.#list.addEventListener("scroll", () => this.#scrolled(), { signal });
    signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  /** Show this choice, and offer these once somebody asks for them. */
  offer(groups: () => ItemGroup[], shown: Shown): void {
    [this.#groups, this.#shown] = [groups, shown];
    if (!this.#opened) this.#rest();
  }

  /** What a closed field says. */
  #rest(): void {
    const { text, title } = this.#shown;
    if (this.input.value !== text) this.input.value = text;
    const written = text || this.input.placeholder;
    this.input.style.setProperty("--whylight-letters", String(written.length));
    setAttribute(this.input, "title", title || text || null);
  }

  #open(query = ""): void {
    if (this.input.disabled) return;
    this.#opened = new AbortController();
    const { signal } = this.#opened;
    this.input.setAttribute("aria-expanded", "true");
    this.#list.hidden = false;
    this.#list.showPopover?.();
    const place = () => placeFloating(this.#list, this.input);
    addEventListener("resize", place, { signal });
    document.addEventListener("scroll", place, { signal, capture: true, passive: true });
    this.#fill(query);
    place();
  }

  #close(): void {
    if (!this.#opened) return;
    this.#opened.abort();
    this.#opened = null;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.#list.hidePopover?.();
    this.#list.hidden = true;
    this.#list.replaceChildren();
    setText(this.#said, "");
    this.#rest();
  }

  #typed(): void {
    if (this.#opened) this.#fill(this.input.value);
    else this.#open(this.input.value);
    setText(this.#said, `${count(this.#found.length)} found`);
  }

  /** The list for these words, the best of it marked; without words all of it, and the choice on show is. */
  #fill(query: string): void {
    const found = this.#groups().map(({ label, items }) => ({ label, items: matching(items, query) }));
    this.#found = found.flatMap(({ label, items }) => items.map((item) => ({ group: label, item })));
    this.#options = [];
    this.#list.replaceChildren();
    if (!this.#found.length) this.#list.append(nothing(query));
    const items = this.#found.map(({ item }) => item);
    const best = query.trim()
      ? items.indexOf(bestOf(items, query))
      : items.findIndex(({ value }) => value === this.#shown.value);
    this.#mark(Math.max(0, best));
    this.#list.scrollTop = 0;
    this.#reveal();
  }

  /** Make options up to this one. */
  #make(upTo: number): void {
    const end = Math.min(this.#found.length, upTo + 1);
    for (let i = this.#options.length; i < end; i++) {
      const { group, item } = this.#found[i]!;
      if (i === 0 || this.#found[i - 1]!.group !== group) this.#list.append(groupOf(group));
      const option = optionOf(item, `${this.#id}-${i}`, item.value === this.#shown.value);
      option.setAttribute("aria-posinset", String(i + 1));
      option.setAttribute("aria-setsize", String(this.#found.length));
      this.#options.push(option);
      this.#list.lastElementChild!.append(option);
    }
  }

  #mark(at: number): void {
    this.#make(at + MADE);
    this.#options[this.#at]?.classList.remove("whylight-list-item-active");
    const last = this.#found.length - 1;
    this.#at = Math.max(0, Math.min(last, at));
    const option = this.#options[this.#at];
    option?.classList.add("whylight-list-item-active");
    setAttribute(this.input, "aria-activedescendant", option?.id);
  }

  #reveal(): void {
    const option = this.#options[this.#at];
    if (!option) return;
    const [top, bottom] = [option.offsetTop, option.offsetTop + option.offsetHeight];
    const { scrollTop, clientHeight } = this.#list;
    const heading = this.#at === 0 ? top : HEADING;
    if (top - heading < scrollTop) this.#list.scrollTop = top - heading;
    else if (bottom > scrollTop + clientHeight) this.#list.scrollTop = bottom - clientHeight;
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    if (scrollTop + 2 * clientHeight > scrollHeight) this.#make(this.#options.length + MADE);
  }

  #clicked(event: Event): void {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    this.#choose(this.#options.indexOf(option as HTMLElement));
  }

  #choose(at: number): void {
    const item = this.#found[at]?.item;
    if (!item) return;
    this.#shown = { value: item.value, text: item.label };
    this.#close();
    this.#chosen(item.value);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };
    const step = steps[event.key];
    if (step !== undefined && this.#opened) {
      this.#mark(this.#at + step);
      this.#reveal();
    } else if (step !== undefined || (event.key === "Enter" && !this.#opened)) {
      this.#open();
      this.input.select();
    } else if (event.key === "Enter") this.#choose(this.#at);
    else if (event.key === "Escape" && this.#opened) this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
