// Numbers as words: three significant digits, a true minus sign, a thin space before units.
// The same rules as src/whylight/numbers.py; tests/contract/numbers.json holds both to them.
// Knows nothing about what the numbers mean.

const THIN = "\u2009";
const MINUS = "\u2212";
/** Percentages that are told apart: what is beyond is only said to be, for its digits say nothing. */
const MANY = 1000;
const LEAST = 0.01;
/** Beyond these with a power of ten. */
const LARGE = 1e7;
const SMALL = 1e-4;
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Whole from 1000 on; null and NaN are a dash. */
export function number(value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size === Number.POSITIVE_INFINITY) return `${sign}∞`;
  if (size === 0) return "0";
  if (size >= LARGE || size < SMALL) return sign + scientific(size);
  return sign + (size >= 999.5 ? count(Math.round(size)) : size.toPrecision(3));
}

export function signed(value: number | null | undefined): string {
  return value != null && value > 0 ? `+${number(value)}` : number(value);
}

/** With its sign, and as many decimals as give `largest` three significant digits, so that numbers of one scale align. */
export function fixed(value: number, largest: number): string {
  const places = 2 - Math.floor(Math.log10(largest));
  if (value === 0 || !(places <= 6) || !(Math.max(largest, Math.abs(value)) < LARGE)) return signed(value);
  return aligned(value, Math.max(0, places));
}

/** A correlation: two decimals and its sign. */
export const correlation = (value: number): string => aligned(value, 2);

/** A value as it was given: whole numbers whole, others in four significant digits without trailing zeros. */
export function given(value: number): string {
  const size = Math.abs(value);
  if (Number.isNaN(size) || size >= 1e15 || (size > 0 && size < SMALL)) return number(value);
  const sign = value < 0 ? MINUS : "";
  if (Number.isInteger(size) || size >= 999.95) return sign + count(Math.round(size));
  return sign + Number(size.toPrecision(4));
}

/** Stands for a value that there is not. */
export const MISSING = "missing";

/** A feature's own value, to stand beside its name. */
export function own(value: number | string | null): string {
  if (value === null) return MISSING;
  return typeof value === "string" ? value : given(value);
}

/** A place on an axis, in as many decimals as write a `step` between neighbours with three digits, six at most. */
export function place(value: number, step: number): string {
  const decimals =
    step > 0 && step < Infinity ? Math.max(0, Math.min(6, 2 + Math.ceil(-Math.log10(step) - 1e-9))) : 3;
  const text = grouped(Math.abs(value).toFixed(decimals)).replace(/\.0+$|(\.\d*?)0+$/, "$1");
  return (value < 0 && text !== "0" ? MINUS : "") + text;
}

/** A share: whole percent, one decimal below 10 %, two below 0.1 %; null and NaN are a dash. */
export function percent(share: number | null | undefined): string {
  if (share == null || Number.isNaN(share)) return "–";
  const size = 100 * Math.abs(share);
  const sign = share < 0 ? MINUS : "";
  if (size > MANY) return unit(`${sign ? "<" : ">"} ${sign}${MANY}`, "%");
  if (size === 0) return unit("0", "%");
  if (size < LEAST) return unit(`${sign ? ">" : "<"} ${sign}${LEAST}`, "%");
  if (size > 99 && size < 100) return unit(sign + Math.min(99.9, size).toFixed(1), "%");
  return unit(sign + size.toFixed(size < 0.1 ? 2 : size < 10 ? 1 : 0), "%");
}

/** A whole number, in groups of three digits from 10 000 on. */
export function count(value: number): string {
  return Math.abs(value) >= 10_000 ? String(value).replace(/\B(?=(\d{3})+$)/g, THIN) : String(value);
}

export function unit(text: string, name: string): string {
  return name ? `${text}${THIN}${name}` : text;
}

export function plural(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? "" : "s"}`;
}

/** A time that was measured: two significant digits, whole from 10 on. */
export function seconds(value: number): string {
  if (value < LEAST) return unit(`< ${LEAST}`, "s");
  return unit(value >= 9.95 ? count(Math.round(value)) : value.toPrecision(2), "s");
}

function aligned(value: number, places: number): string {
  const text = Math.abs(value).toFixed(places);
  return (Number(text) === 0 ? "" : value < 0 ? MINUS : "+") + grouped(text);
}

function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  return count(Number(whole)) + (rest ? `.${rest}` : "");
}

function scientific(size: number): string {
  const [mantissa = "", power = ""] = size.toExponential(2).split("e");
  const exponent = power
    .replace("+", "")
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)] ?? "");
  return `${mantissa}${THIN}×${THIN}10${exponent}`;
}

/** Letters and marks that turn the direction of what follows. */
const TURNING = /[\u0590-\u08ff\u200f\u202a-\u202e\ufb1d-\ufefc]/;

/** Set apart, so that numbers after it stay in order. */
export const isolated = (text: string) => (TURNING.test(text) ? `\u2068${text}\u2069` : text);
