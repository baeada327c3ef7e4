// Bytes to typed arrays, and messages that carry them. Knows nothing about what they mean.
export const VERSION = 1;

export type Binary = DataView | ArrayBuffer | ArrayBufferView | string;
export type Numbers = Float32Array | Uint8Array | Int32Array;

export interface WireArray {
  dtype: string;
  shape: number[];
  data?: Binary;
  buffer?: number;
}

export interface WireMessage<M> {
  v?: number;
  seq?: number;
  meta?: M;
  arrays?: Record<string, WireArray>;
}

export interface Tensor {
  shape: number[];
  data: Numbers;
}

export interface Decoded<M> {
  seq: number;
  meta: M;
  arrays: Partial<Record<string, Tensor>>;
}

export function assertVersion(v: number | undefined): void {
  if (v === VERSION) return;
  throw new Error(
    `This widget speaks version ${VERSION} of Whylight's messages and was given version ${v ?? "unknown"}. ` +
      "Restart the kernel and reload the page, so that both come from the same release.",
  );
}

export function decodeFrame<M>(frame: WireMessage<M>, buffers: readonly Binary[] = []): Decoded<M> {
  assertVersion(frame.v);
  if (typeof frame.seq !== "number" || !frame.meta) throw new Error("A frame needs a number and its meta.");
  const arrays = Object.entries(frame.arrays ?? {}).map(([name, a]) => [name, decodeArray(a, buffers)]);
  return { seq: frame.seq, meta: frame.meta, arrays: Object.fromEntries(arrays) };
}

export function decodeArray(array: WireArray, buffers: readonly Binary[] = []): Tensor {
  const data = array.buffer === undefined ? array.data : buffers[array.buffer];
  if (data === undefined) throw new Error("An array arrived without its bytes.");
  return { shape: array.shape, data: numbers(array, bytesOf(data)) };
}

function numbers({ dtype, shape }: WireArray, bytes: Uint8Array): Numbers {
  const size = { float32: 4, int32: 4, float16: 2, uint8: 1 }[dtype];
  if (!size) throw new Error(`An array has the unknown type ${dtype}.`);
  const expected = shape.reduce((product, n) => product * n, size);
  if (bytes.byteLength !== expected) {
    throw new Error(
      `A ${dtype} array of shape ${shape} needs ${expected} bytes and has ${bytes.byteLength}.`,
    );
  }
  if (dtype === "uint8") return bytes;
  const aligned = bytes.byteOffset % size ? bytes.slice() : bytes;
  const length = aligned.byteLength / size;
  if (dtype === "float32") return new Float32Array(aligned.buffer, aligned.byteOffset, length);
  if (dtype === "int32") return new Int32Array(aligned.buffer, aligned.byteOffset, length);
  return fromHalves(new Uint16Array(aligned.buffer, aligned.byteOffset, length));
}

export function bytesOf(data: Binary): Uint8Array {
  if (typeof data === "string") return Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

let known: Float32Array | undefined;

/** By a table of all halves: a million of them take milliseconds. */
function fromHalves(halves: Uint16Array): Float32Array {
  known ??= Float32Array.from({ length: 65_536 }, (_, half) => halfToNumber(half));
  const numbers = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) numbers[i] = known[halves[i]!]!;
  return numbers;
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
