// The plan of the front end, kept: imports run down the table, types count, and no file comes back to itself.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

/** From top to bottom: a file or folder of src, and what it may import besides itself. */
const PLAN: [place: string, below: string][] = [
  ["bundles", "kinds widget views"],
  ["kinds", "editors panels/groups panels/path views"],
  ["widget", "card film kernel @anywidget/types"],
  ["card", "panels panels/compare controls views ui scenes kernel"],
  ["panels/groups", "panels views ui wording paint scenes scenes/signal kernel numbers"],
  ["panels/path", "panels views ui wording paint scenes kernel numbers"],
  ["panels/compare", "views ui wording scenes kernel numbers"],
  ["panels", "views ui scenes kernel"],
  ["film", "ui wording paint kernel numbers"],
  ["controls", "views ui/list ui wording kernel numbers"],
  ["views", "editors ui wording paint scenes scenes/signal kernel numbers"],
  ["ui/list", "ui numbers"],
  ["editors", "ui paint kernel numbers"],
  ["ui", "paint scenes scenes/signal kernel numbers"],
  ["wording", "scenes scenes/signal kernel numbers"],
  ["paint", "scenes scenes/signal kernel"],
  ["scenes/signal", "scenes kernel numbers"],
  ["scenes", "kernel numbers d3-array"],
  ["kernel", "@anywidget/types"],
  ["numbers", ""],
];
const MOST_FILES = 24;
const MOST_LINES = 300;

const SRC = join(import.meta.dirname, "../src");
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf-8" }).filter((file) => file.endsWith(".ts"));
const PLACES = PLAN.map(([place]) => place);

/** Whatever a file names in an import, an export or an import while it runs, types included. */
function specifiers(source: string): string[] {
  const code = source.replace(/\/\*.*?\*\/|^\s*\/\/[^\n]*/gms, "");
  const named = code.matchAll(/\b(?:from|import)\s*\(?\s*["']([\w@./-]+)["']/g);
  return [...named].map(([, specifier]) => specifier!);
}

/** The file of src that an import means, or the package. */
function resolved(file: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const path = join(SRC, dirname(file), specifier);
  const found = [`${path}.ts`, join(path, "index.ts")].find((candidate) => existsSync(candidate));
  return found ? relative(SRC, found) : `${specifier} (no such file)`;
}

/** The row of the plan a file belongs to; a package is its own. */
function placeOf(file: string): string {
  return PLACES.find((place) => file === `${place}.ts` || dirname(file) === place) ?? file;
}

const IMPORTS = new Map(
  FILES.map((file) => {
    const named = specifiers(readFileSync(join(SRC, file), "utf-8"));
    return [file, named.map((specifier) => resolved(file, specifier))] as const;
  }),
);

/** One way round from a file to itself; [] where there is none. */
function circle(file: string, way: string[], done: Set<string>): string[] {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  if (done.has(file)) return [];
  for (const next of IMPORTS.get(file) ?? []) {
    const found = circle(next, [...way, file], done);
    if (found.length) return found;
  }
  done.add(file);
  return [];
}

describe("imports", () => {
  test("are found in every form", () => {
    const source = `
      import a, { type B } from "./a";
      import type {
        C,
      } from "../c";
      import "./d";
      export { e } from "./e";
      const f = () => import("./f");
      type G = import("./g").G;
      // import h from "./h";
      /* import i from "./i"; */`;
    expect(specifiers(source)).toEqual(["./a", "../c", "./d", "./e", "./f", "./g"]);
    expect([...IMPORTS.values()].flat().length).toBeGreaterThan(FILES.length);
  });

  test.each(PLAN)("%s imports only what stands below", (place, below) => {
    const allowed = below.split(" ");
    const inside = FILES.filter((file) => placeOf(file) === place);
    expect(inside.length, `${place} is empty: take it out of the plan`).toBeGreaterThan(0);
    const wrong = inside.flatMap((file) =>
      IMPORTS.get(file)!
        .filter((target) => placeOf(target) !== place && !allowed.includes(placeOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("the plan runs one way", () => {
    const upward = PLAN.flatMap(([place, below], row) =>
      below
        .split(" ")
        .filter((other) => PLACES.includes(other) && PLACES.indexOf(other) <= row)
        .map((other) => `${place} may import ${other}`),
    );
    expect(upward).toEqual([]);
  });

  test("every file has its place", () => {
    expect(FILES.filter((file) => !PLACES.includes(placeOf(file)))).toEqual([]);
  });

  test("no file comes back to itself", () => {
    const done = new Set<string>();
    expect(FILES.map((file) => circle(file, [], done)).filter((found) => found.length > 0)).toEqual([]);
  });
});

describe("sizes", () => {
  test(`no folder holds more than ${MOST_FILES} files`, () => {
    const folders = ["", ...readdirSync(SRC, { recursive: true, encoding: "utf-8" })]
      .map((name) => join(SRC, name))
      .filter((path) => statSync(path).isDirectory());
    const count = (folder: string) =>
      readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()).length;
    expect(folders.filter((folder) => count(folder) > MOST_FILES)).toEqual([]);
  });

  test(`no file that a person writes is longer than ${MOST_LINES} lines`, () => {
    const text = (file: string) => readFileSync(join(SRC, file), "utf-8");
    const written = FILES.filter((file) => !text(file).startsWith("// Generated by "));
    const lines = (file: string) => text(file).split("\n").length - 1;
    expect(written.filter((file) => lines(file) > MOST_LINES)).toEqual([]);
  });
});

describe("words", () => {
  const holding = (what: RegExp, files: string[]) =>
    files.filter((file) => file !== "numbers.ts" && what.test(readFileSync(join(SRC, file), "utf-8")));

  test("only one file writes numbers; toFixed makes lengths of style sheets, never words", () => {
    expect(holding(/\.to(Precision|Exponential|LocaleString)\(/, FILES)).toEqual([]);
    const told = FILES.filter((file) => /^(wording|controls|film)\//.test(file));
    expect(holding(/\.toFixed\(/, told)).toEqual([]);
  });
});
