// Pictures of many channels: a composite of three, one channel at a time or the sum over all, and what each adds.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { ChannelsInput, Frame } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import type { Answer } from "../scenes/answer";
import type { Look } from "../scenes/look";
import {
  type ChannelScene,
  type ChannelStack,
  channelBars,
  channelOf,
  channelScene,
  channelsAt,
  chosenOf,
  compositePhoto,
} from "../scenes/picture";
import type { Scale } from "../scenes/scale";
import { unitOf } from "../scenes/unit";
import { make } from "../ui/dom";
import { type Option, type SelectField, selectField } from "../ui/fields";
import { createLegend } from "../ui/legend";
import { remembered } from "../ui/remembered";
import { channelWords } from "../wording/channels";
import { Bars } from "./bars";
import { Heatmap } from "./heatmap";
import { ImageSubject } from "./image";
import type { AnswerDrawing, InputKind, OnChange, SubjectActions } from "./kind";

const LIGHTS = ["Red", "Green", "Blue"] as const;
const NONE = -1;
const CHANNEL_HINT = "Show the attribution of one channel, or the sum over all";
const CAPTION =
  "Sum of the attributions of each channel, and its share of all |values|. Choose one to see it alone.";

export class ChannelsSubject extends ImageSubject {
  override readonly kind: string = "channels";
  readonly stack: ChannelStack;

  constructor(stack: ChannelStack) {
    super(compositePhoto(stack, stack.usual));
    this.stack = stack;
  }

  override answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return new ChannelsAnswer(this.stack, change, signal);
  }
}

export const channels: InputKind<ChannelsInput> = {
  name: "channels",
  layouts: { side: "Side by side", overlay: "Overlay", swipe: "Swipe" },
  narrow: "overlay",
  overlay: true,
  read: ({ size, names, ranges, composite, arrays }) => {
    const [rows = 1, columns = 1] = size;
    const planes = decodeArray(arrays.planes);
    return new ChannelsSubject({ rows, columns, names, ranges, usual: composite, planes });
  },
};

class ChannelsAnswer implements AnswerDrawing {
  readonly node: HTMLElement;
  #stack: ChannelStack;
  #legend = createLegend("up");
  #heatmap: Heatmap<ChannelScene>;
  #channel: SelectField;
  #lights: SelectField[];
  #bars: Bars;
  #photo = remembered<Tensor>();
  #frame: Frame | null = null;
  /** Those that are red, green and blue, and the one on show. */
  #chosen: number[] = [];
  #current: number | null = null;

  constructor(stack: ChannelStack, change: OnChange, signal: AbortSignal) {
    this.#stack = stack;
    const aside = make("div", { class: "whylight-aside" }, this.#legend.node);
    const words = channelWords((scene, row, column) =>
      channelsAt(stack, this.#frame, (column + 0.5) / scene.columns, (row + 0.5) / scene.rows),
    );
    this.#heatmap = new Heatmap(aside, (pixel) => change({ pixel }), signal, words);
    const show = (channel: number | null) => change({ channel });
    const shown = (value: string) => show(value === "" ? null : Number(value));
    this.#channel = selectField("Channel", shown, signal, CHANNEL_HINT);
    this.#lights = LIGHTS.map((light, i) => {
      const lit = (value: string) => change({ composite: this.#chosen.with(i, Number(value)) });
      return selectField(light, lit, signal, `Which channel of the input is shown in ${light.toLowerCase()}`);
    });
    this.#bars = new Bars("Channels", {
      head: "Channel",
      choose: (item) => show(item === this.#current ? null : item),
    });
    const fields = [this.#channel.node, ...this.#lights.map(({ node }) => node)];
    const head = make("div", { class: "whylight-sheet-tools whylight-channel-tools" }, ...fields);
    const caption = make("p", { class: "whylight-sheet-caption" }, CAPTION);
    this.node = make("div", { class: "whylight-view" }, head, this.#heatmap.node, caption, this.#bars.node);
  }

  draw({ frame, together }: Answer, look: Look): Scale {
    this.#frame = frame;
    this.#chosen = chosenOf(this.#stack, look.composite);
    const current = channelOf(this.#stack, look.channel);
    this.#current = current;
    this.#offer();
    const lights = current === null ? this.#chosen : [current, current, current];
    const photo = this.#photo([lights.join()], () => compositePhoto(this.#stack, lights));
    const diverging = isDiverging(look.colormap);
    const scene = channelScene(this.#stack, photo, frame, look, diverging, together);
    this.#heatmap.draw(scene, look);
    this.#legend.draw({ scale: scene.scale, unit: unitOf(scene.meta) }, look);
    this.#bars.draw(channelBars(this.#stack, frame, current, diverging), look);
    return scene.scale;
  }

  #offer(): void {
    const current = this.#current === null ? "" : String(this.#current);
    const named: Option[] = this.#stack.names.map((label, i) => ({ value: String(i), label }));
    this.#channel.offer(
      [{ label: "", options: [{ value: "", label: "Sum over channels" }, ...named] }],
      current,
    );
    const dark = { value: String(NONE), label: "None" };
    this.#lights.forEach((light, i) => {
      light.offer([{ label: "", options: [...named, dark] }], String(this.#chosen[i] ?? NONE));
      light.node.hidden = this.#current !== null;
    });
  }
}
