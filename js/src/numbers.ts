// Numbers as words: three significant digits, a true minus sign, a thin space before units.
// Knows nothing about what the numbers mean.

const THIN = "\u2009";
const MINUS = "\u2212";
/** Percentages that are told apart: what is beyond is only said to be, for its digits say nothing. */
const MANY = 1000;
const LEAST = 0.01;
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function number(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size === 0) return "0";
  if (size >= 1e7 || size < 1e-4) return sign + scientific(size);
  return sign + (size >= 999.5 ? count(Math.round(size)) : size.toPrecision(3));
}

export function signed(value: number | null | undefined): string {
  return value != null && value > 0 && Number.isFinite(value) ? `+${number(value)}` : number(value);
}

/** With its sign, and as many decimals as give `largest` three significant digits, so that numbers of one scale align. */
export function fixed(value: number, largest: number): string {
  const places = 2 - Math.floor(Math.log10(largest));
  if (value === 0 || !(places <= 6) || !(largest < 1e7) || !Number.isFinite(value)) return signed(value);
  const text = Math.abs(value).toFixed(Math.max(0, places));
  return (Number(text) === 0 ? "" : value < 0 ? MINUS : "+") + text;
}

/** A value as it was given: four significant digits, no trailing zeros. */
export function given(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", MINUS);
}

/** Stands for a value that there is not. */
export const MISSING = "missing";

/** A feature's own value, to stand beside its name. */
export function own(value: number | string | null): string {
  if (value === null) return MISSING;
  return typeof value === "string" ? value : given(value);
}

/** A correlation: two decimals and its sign. */
export function correlation(value: number): string {
  const size = Math.abs(value).toFixed(2);
  return `${Number(size) === 0 ? "" : value < 0 ? MINUS : "+"}${size}`;
}

/** A share; null and NaN are a dash. */
export function percent(share: number | null | undefined): string {
  if (share == null || Number.isNaN(share)) return "–";
  const size = 100 * Math.abs(share);
  const [more, less, sign] = share < 0 ? [`< ${MINUS}`, `> ${MINUS}`, MINUS] : ["> ", "< ", ""];
  if (size > MANY) return `${more}${MANY}${THIN}%`;
  if (size === 0) return `0${THIN}%`;
  if (size < LEAST) return `${less}${LEAST}${THIN}%`;
  if (size > 99 && size < 100) return `${sign}${Math.min(99.9, size).toFixed(1)}${THIN}%`;
  const digits = size < 0.1 ? 2 : size < 10 ? 1 : 0;
  return `${sign}${size.toFixed(digits)}${THIN}%`;
}

export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, value >= 10_000 ? THIN : "");
}

export function unit(text: string, name: string): string {
  return name ? `${text}${THIN}${name}` : text;
}

export function plural(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? "" : "s"}`;
}

export function seconds(value: number): string {
  return unit(value >= 100 ? count(Math.round(value)) : value.toPrecision(2), "s");
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
