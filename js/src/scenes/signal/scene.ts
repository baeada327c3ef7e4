// An answer over a signal -> its lines, the colours of any stretch of them, the sums of windows, what is known of a sample. Pure.
// Knows nothing about the page, the model or colours.
import { decodeArray } from "../../kernel/decode";
import type { ViewOptions } from "../../kernel/options";
import type { Frame, Meta, SignalInput, Traits } from "../../kernel/protocol";
import { type Light, lightOf } from "../answer";
import { type Scale, scaleOf } from "../scale";
import { MinMax, Sums } from "./pyramid";
import { type TimeAxis, timeAxis } from "./time-axis";

/** The numbers of a signal, one row per channel. */
export interface Signal {
  names: string[];
  length: number;
  axis: TimeAxis;
  channels: ArrayLike<number>[];
  /** Of every channel. */
  extents: MinMax[];
  /** The least and the largest value of every channel. */
  ends: [number, number][];
}

export interface SignalScene {
  signal: Signal;
  map: SignalMap | null;
  /** How densely the map lies along every channel, and its sign there; null where windows are on show. */
  lit: Light | null;
  /** Samples whose mean is one colour. */
  grain: number;
  scale: Scale;
  meta: Meta | null;
  /** Samples of a window. */
  window: number;
  /** Of every window, all channels together. */
  sums: Float64Array;
  selected: readonly number[];
  probe(channel: number, sample: number): Probe;
}

export interface Probe {
  channel: number;
  sample: number;
  raw: number;
  value: number | null;
  error: number | null;
  rank: number;
  of: number;
}

const WINDOWS = 32; // about as many as Python makes where nothing else is asked for
const CELLS = 512; // colours along a whole line; longer signals show means

export function readSignal(input: SignalInput): Signal {
  const { shape, data } = decodeArray(input.arrays.values);
  return signalOf(input.names, timeAxis(input), data, shape[1] ?? data.length);
}

export function signalOf(
  names: string[],
  axis: TimeAxis,
  data: Float32Array | ArrayLike<number>,
  length: number,
): Signal {
  const channels = names.map((_, c) => row(data, c, length));
  const extents = channels.map((values) => new MinMax(values));
  return { names, length, axis, channels, extents, ends: extents.map((one) => one.range(0, length)) };
}

function row(data: ArrayLike<number>, channel: number, length: number): ArrayLike<number> {
  const [from, to] = [channel * length, (channel + 1) * length];
  return data instanceof Float32Array ? data.subarray(from, to) : Array.prototype.slice.call(data, from, to);
}

/** How many samples a window has, as Python has it. */
export function windowOf(length: number, units: Traits["units"] | undefined): number {
  return typeof units === "number" ? units : Math.max(1, Math.ceil(length / WINDOWS));
}

/** The samples whose mean is one colour, where so many are seen: a power of two, 1 where each has its own. */
export function grainOf(seen: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(seen / CELLS)));
}

/** The attributions of one answer, one row per channel, with sums of any stretch of samples. */
export class SignalMap {
  readonly values: ArrayLike<number>;
  readonly cells: number;
  #length: number;
  #channels: number;
  #sums: Sums[];
  #means = new Map<number, Float32Array>();
  #windows = new Map<number, Float64Array[]>();

  /** `cells` of a channel; fewer than samples where each is a mean over some. */
  constructor(values: ArrayLike<number>, channels: number, length: number) {
    [this.values, this.#channels, this.#length] = [values, channels, length];
    this.cells = values.length / channels;
    this.#sums = Array.from({ length: channels }, (_, c) => new Sums(row(values, c, this.cells)));
  }

  /** The mean attribution per sample, from ≤ i < to. */
  mean(channel: number, from: number, to: number): number {
    const share = this.cells / this.#length;
    const [lo, hi] = [Math.floor(from * share), Math.ceil(to * share)];
    return this.#sums[channel]!.between(lo, hi) / (hi - lo);
  }

  sum(channel: number, from: number, to: number): number {
    return this.mean(channel, from, to) * (to - from);
  }

  /** Means of stretches of all channels, one after the other. */
  means(grain: number): Float32Array {
    const known = this.#means.get(grain);
    if (known) return known;
    const count = Math.ceil(this.#length / grain);
    const found = new Float32Array(this.#channels * count);
    for (let c = 0; c < this.#channels; c++)
      for (let k = 0; k < count; k++)
        found[c * count + k] = this.mean(c, k * grain, Math.min(this.#length, (k + 1) * grain));
    this.#means.set(grain, found);
    return found;
  }

  /** Sums of windows of every channel. */
  windows(size: number): Float64Array[] {
    const known = this.#windows.get(size);
    if (known) return known;
    const count = Math.ceil(this.#length / size);
    const found = this.#sums.map((_, c) =>
      Float64Array.from({ length: count }, (_, k) =>
        this.sum(c, k * size, Math.min(this.#length, (k + 1) * size)),
      ),
    );
    this.#windows.set(size, found);
    return found;
  }
}

const maps = new WeakMap<Frame, SignalMap>();

/** The map of a frame; it is made once. */
export function mapOf(frame: Frame, signal: Signal): SignalMap | null {
  const values = frame.arrays.values?.data;
  if (!values) return null;
  const map = maps.get(frame) ?? new SignalMap(values, signal.names.length, signal.length);
  maps.set(frame, map);
  return map;
}

export interface Seen {
  frame: Frame | null;
  together?: Frame[];
  units?: Traits["units"];
  /** Samples on show. */
  visible?: number;
}

export function signalScene(
  signal: Signal,
  seen: Seen,
  options: ViewOptions,
  diverging: boolean,
): SignalScene {
  const { frame, together = [], visible = signal.length } = seen;
  const map = frame ? mapOf(frame, signal) : null;
  const grain = grainOf(visible);
  const means = (one: Frame) => mapOf(one, signal)?.means(grain) ?? [];
  const scale = scaleOf(map?.means(grain) ?? [], options, diverging, together.map(means));
  const window = windowOf(signal.length, seen.units);
  const sums = windowSums(map, window, signal.length);
  return {
    signal,
    map,
    lit: options.detail === "spotlight" ? lightOf(frame) : null,
    grain,
    scale,
    meta: frame?.meta ?? null,
    window,
    sums,
    selected: options.selection.filter((unit) => unit < sums.length),
    probe: (channel, sample) => probe(signal, frame, channel, sample),
  };
}

const totals = new WeakMap<SignalMap, Map<number, Float64Array>>();

/** Sums of windows over all channels; made once, so that what rests on them need not be made again. */
function windowSums(map: SignalMap | null, window: number, length: number): Float64Array {
  if (!map) return new Float64Array(Math.ceil(length / window));
  const known = totals.get(map) ?? new Map<number, Float64Array>();
  totals.set(map, known);
  const found = known.get(window) ?? added(map.windows(window));
  known.set(window, found);
  return found;
}

function added(rows: Float64Array[]): Float64Array {
  return (rows[0] ?? new Float64Array()).map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0));
}

function probe(signal: Signal, frame: Frame | null, channel: number, sample: number): Probe {
  const values = frame?.arrays.values?.data;
  const at = channel * signal.length + sample;
  const value = values?.[at] ?? null;
  const error = frame?.arrays.error?.data[at];
  return {
    channel,
    sample,
    raw: signal.channels[channel]![sample]!,
    value,
    error: error === undefined ? null : error * (frame?.meta.error_scale ?? 1),
    rank: value === null ? 0 : rankOf(values!, value),
    of: values?.length ?? 0,
  };
}

function rankOf(values: ArrayLike<number>, value: number): number {
  const size = Math.abs(value);
  let stronger = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > size) stronger++;
  return stronger + 1;
}

/** The first sample of a window, and the first one beyond. */
export function windowEnds(
  { signal, window }: Pick<SignalScene, "signal" | "window">,
  unit: number,
): [number, number] {
  return [unit * window, Math.min(signal.length, (unit + 1) * window)];
}

/** Windows from the strongest on. */
export function rankedWindows({ sums }: Pick<SignalScene, "sums">): number[] {
  return Array.from(sums, (_, unit) => unit).sort((a, b) => Math.abs(sums[b]!) - Math.abs(sums[a]!));
}

/** The channels with the most attribution, in their own order. */
export function strongestChannels(
  { map, signal }: Pick<SignalScene, "map" | "signal">,
  most: number,
): number[] {
  const places = signal.names.map((_, c) => c);
  if (!map || places.length <= most) return places.slice(0, most);
  const sizes = map
    .windows(Math.max(1, Math.ceil(signal.length / 64)))
    .map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0));
  return places
    .sort((a, b) => sizes[b]! - sizes[a]!)
    .slice(0, most)
    .sort((a, b) => a - b);
}
