// Bytes to numbers, whatever the host wraps them in.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeCompared } from "../src/kernel/compared";
import { assertVersion, decodeArray, decodeFrame, type WireArray } from "../src/kernel/decode";
import type { ComparedMessage, WireFrame } from "../src/kernel/protocol";

const VALUES = [1.5, -2, 0.25];
const bytes = () => new Uint8Array(Float32Array.from(VALUES).buffer);
const array = (data: WireArray["data"]): WireArray => ({ dtype: "float32", shape: [3], data: data! });

function unaligned(): DataView {
  const padded = new Uint8Array(13);
  padded.set(bytes(), 1);
  return new DataView(padded.buffer, 1, 12);
}

describe("decodeArray", () => {
  test.each([
    ["an ArrayBuffer", bytes().buffer],
    ["a typed array", bytes()],
    ["a DataView", new DataView(bytes().buffer)],
    ["an unaligned DataView", unaligned()],
    ["base64 text", Buffer.from(bytes()).toString("base64")],
  ])("reads %s", (_, data) => {
    expect(Array.from(decodeArray(array(data)).data)).toEqual(VALUES);
  });

  test("finds the buffers of a streamed message", () => {
    const streamed: WireArray = { dtype: "float32", shape: [3], buffer: 1 };
    expect(Array.from(decodeArray(streamed, [new DataView(new ArrayBuffer(4)), unaligned()]).data)).toEqual(
      VALUES,
    );
  });

  test("reads float16, subnormal and not finite", () => {
    const data = Uint16Array.from([0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x7c00, 0x7e00]);
    const { data: decoded } = decodeArray({ dtype: "float16", shape: [7], data });
    expect(decoded[2]).toBeCloseTo(1 / 3, 3);
    expect(Array.from(decoded).toSpliced(2, 1)).toEqual([1, -2, 2 ** -24, 65504, Infinity, Number.NaN]);
  });

  test("reads int32 and uint8", () => {
    expect(Array.from(decodeArray({ dtype: "int32", shape: [1], data: Int32Array.of(-7) }).data)).toEqual([
      -7,
    ]);
    expect(Array.from(decodeArray({ dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) }).data)).toEqual(
      [0, 255],
    );
  });

  test("refuses a wrong length, an unknown type and missing bytes", () => {
    expect(() => decodeArray({ dtype: "float32", shape: [4], data: bytes() })).toThrow(
      "needs 16 bytes and has 12",
    );
    expect(() => decodeArray({ dtype: "float64", shape: [1], data: bytes() })).toThrow("float64");
    expect(() => decodeArray({ dtype: "float32", shape: [3], buffer: 5 }, [])).toThrow("without its bytes");
  });
});

test("another version is refused in words", () => {
  expect(() => assertVersion(2)).toThrow(/version 1 .* version 2.*Restart the kernel/s);
  expect(() => decodeFrame({ seq: 1, arrays: {} })).toThrow("version unknown");
});

interface Golden {
  frame: WireFrame;
  expected: Record<string, unknown[]>;
}

const golden = join(import.meta.dirname, "../../tests/contract");
const files = readdirSync(golden).filter((name) => name.endsWith(".json") && name !== "numbers.json");

describe("golden frames written by Python", () => {
  test.each(files)("%s", (file) => {
    const { frame, expected } = JSON.parse(readFileSync(join(golden, file), "utf-8")) as Golden;
    const { arrays, seq } =
      file === "beside.json" ? decodeCompared(frame as ComparedMessage).frame! : decodeFrame(frame);
    expect(Object.keys(arrays).sort()).toEqual(Object.keys(expected).sort());
    expect(seq).toBe(frame.seq);
    for (const [name, values] of Object.entries(expected)) {
      const numbers = values.flat(Number.POSITIVE_INFINITY) as (number | null)[];
      const stored = Array.from(arrays[name]!.data);
      expect(stored.length).toBe(numbers.length);
      for (const [i, value] of stored.entries()) {
        const wanted = numbers[i] ?? null;
        if (wanted === null) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(wanted, 6);
      }
    }
  });

  test("a compared map, its correlations, and one that could not be had", () => {
    const told = JSON.parse(readFileSync(join(golden, "beside.json"), "utf-8"));
    expect(decodeCompared(told.frame)).toMatchObject({
      missing: "",
      correlations: [
        { with: {}, value: -0.5 },
        { with: { baseline: "white" }, value: null },
      ],
    });
    const failed = decodeCompared(told.failed);
    expect(failed).toMatchObject({ seq: 7, setting: { method: "ggig" }, frame: null, correlations: [] });
    expect(failed.missing).toBe("ValueError: <b>no</b> such head");
  });
});
