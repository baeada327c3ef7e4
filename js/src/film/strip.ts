// Several samples in a row, each with what the model says of it; one is on show, and another is a click or an arrow key away.
// Knows nothing about how a sample is explained or drawn.
import { decodeArray, type Tensor } from "../kernel/decode";
import { type Feed, subscribe } from "../kernel/feed";
import type { FilmSample, Model } from "../kernel/protocol";
import { photoRaster } from "../paint/raster";
import { arrowOf, focusable, make, setText } from "../ui/dom";
import { optionList, selectField } from "../ui/fields";
import { nameText, placeText, saidParts, sampleText, truthText } from "../wording/film";
import { type FilmOrder, ordered } from "./order";

const ORDERS = { given: "As given", wrong: "Wrong first", unsure: "Least certain first" };
const ORDER_HINT = "In which order the samples stand";

export class Strip {
  readonly node: HTMLElement;
  #model: Model;
  #feed: Feed;
  #place = make("span", { class: "whylight-film-place" });
  #list = make("div", { class: "whylight-film-list", role: "listbox", "aria-label": "Samples" });
  #items: HTMLElement[] = [];
  #order: FilmOrder = "given";
  #orders: ReturnType<typeof selectField>;
  #numbers: number[] = [];
  #film: unknown = null;

  constructor(model: Model, feed: Feed, signal: AbortSignal) {
    [this.#model, this.#feed] = [model, feed];
    const reorder = (order: string) => {
      this.#order = order as FilmOrder;
      this.#rebuild();
    };
    this.#orders = selectField("Order of samples", reorder, signal, ORDER_HINT);
    const head = make("div", { class: "whylight-film-head" }, this.#place, this.#orders.node);
    this.node = make(
      "section",
      { class: "whylight-film", "aria-label": "Samples", hidden: true },
      head,
      this.#list,
    );
    focusable(this.#list);
    this.#list.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#list.addEventListener("click", (event) => this.#click(event), { signal });
    for (const name of ["_film", "_gaps", "sample"]) subscribe(model, `change:${name}`, this.sync, signal);
    feed.addEventListener("change", this.sync, { signal });
    this.sync();
  }

  /** Show what is known now. */
  sync = (): void => {
    const film = this.#model.get("_film");
    const samples = film?.samples ?? [];
    const awaited = samples.length === 0;
    this.node.hidden = (film?.count ?? 0) < 2 || (awaited && this.#still);
    this.node.toggleAttribute("data-awaited", awaited);
    this.#list.setAttribute("aria-busy", String(awaited));
    if (this.node.hidden) return;
    if (film !== this.#film) {
      this.#film = film;
      this.#rebuild();
    }
    const now = this.#model.get("sample");
    setText(this.#place, placeText(now, film?.count ?? samples.length, samples));
    const { gaps = {} } = this.#model.get("_gaps") ?? {};
    this.node.dataset.still = String(this.#still);
    this.#items.forEach((item, place) => {
      const number = this.#numbers[place]!;
      const words = sampleText(number, samples, gaps[String(number)]);
      item.setAttribute("aria-selected", String(number === now));
      if (item.title !== words) {
        item.title = words;
        item.setAttribute("aria-label", words);
      }
      if (number === now) this.#reveal(item);
    });
  };

  /** Nobody would answer. */
  get #still(): boolean {
    return this.#feed.state === "static" || this.node.closest(".jupyter-widgets-disconnected") !== null;
  }

  #rebuild(): void {
    const film = this.#model.get("_film");
    const samples = film?.samples ?? [];
    const offered = samples.some(({ wrong }) => wrong !== null)
      ? ORDERS
      : { given: ORDERS.given, unsure: ORDERS.unsure };
    this.#orders.offer(optionList(offered), this.#order);
    const given = samples.filter(({ source }) => source === null);
    this.#orders.node.hidden = given.length < 2 || given.every(({ probability }) => probability === null);
    this.#numbers = ordered(samples, this.#order);
    const pictures = film?.pictures ? decodeArray(film.pictures) : null;
    this.#items = this.#numbers.map((number) =>
      itemOf(samples[number]!, nameText(number, samples), pictures, film?.sizes?.[samples[number]!.picture]),
    );
    this.#list.replaceChildren(...this.#items);
    this.#film = film;
    this.sync();
  }

  #reveal(item: HTMLElement): void {
    if (this.#list.getAttribute("aria-activedescendant") === item.id) return;
    this.#list.setAttribute("aria-activedescendant", item.id);
    const { offsetLeft, offsetWidth } = item;
    const { scrollLeft, clientWidth } = this.#list;
    if (offsetLeft < scrollLeft || offsetLeft + offsetWidth > scrollLeft + clientWidth)
      this.#list.scrollLeft = offsetLeft - (clientWidth - offsetWidth) / 2;
  }

  #choose(number: number | undefined): void {
    if (number === undefined || this.#still || number === this.#model.get("sample")) return;
    this.#feed.turnTo(number);
  }

  #click(event: Event): void {
    const item = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    this.#choose(this.#numbers[this.#items.indexOf(item as HTMLElement)]);
  }

  #key(event: KeyboardEvent): void {
    const at = this.#numbers.indexOf(this.#model.get("sample"));
    const last = this.#numbers.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[arrowOf(event)];
    if (to === undefined) return;
    event.preventDefault();
    this.#choose(this.#numbers[to]);
  }
}

let made = 0;

function itemOf(
  sample: FilmSample,
  name: string,
  pictures: Tensor | null,
  size: number[] | undefined,
): HTMLElement {
  const picture = pictures && size ? pictureOf(pictures, sample.picture, size) : null;
  const words = sample.edit || sample.caption || name;
  const face = picture ?? make("span", { class: "whylight-film-words", dir: "auto" }, words);
  const truth = make("span", { class: "whylight-film-truth" }, truthText(sample));
  truth.dataset.wrong = String(sample.wrong);
  const [answer, chance] = saidParts(sample);
  const label = make("span", { class: "whylight-film-label" }, answer);
  const said = make("span", { class: "whylight-film-said whylight-film-answer" }, label, chance);
  const edit = picture && sample.edit ? make("span", { class: "whylight-film-said" }, sample.edit) : null;
  const id = `whylight-sample-${made++}`;
  return make("div", { class: "whylight-film-item", role: "option", id }, face, edit, said, truth);
}

/** One of the pictures that travel as one array. */
function pictureOf(pictures: Tensor, at: number, [height = 1, width = 1]: number[]): HTMLCanvasElement {
  const side = pictures.shape[1] ?? 1;
  const data = new Uint8Array(height * width * 3);
  for (let row = 0; row < height; row++) {
    const start = (at * side + row) * side * 3;
    data.set(pictures.data.subarray(start, start + width * 3), row * width * 3);
  }
  const canvas = make("canvas", { class: "whylight-film-picture", width, height, "aria-hidden": "true" });
  const raster = photoRaster({ shape: [height, width, 3], data });
  canvas.getContext("2d")?.putImageData(new ImageData(raster.data, width, height), 0, 0);
  return canvas;
}
