// Bundles the front end into the Python package: ESM files and one stylesheet, no code splitting.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const LIMIT = 150_000;
const BUNDLES = ["widget", "pictures", "volumes", "signals", "several", "stacks", "fields"]; // a widget carries one of them
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "src", "whylight", "static");
// What is bundled keeps its licence with it.
const licence = `/*! d3-array: ${readFileSync(join(here, "node_modules/d3-array/LICENSE"), "utf-8").trim()} */`;
const watch = process.argv.includes("--watch");

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  target: "es2022",
  charset: "utf8",
  logLevel: "info",
};
const jobs = [
  ...BUNDLES.map((name) => ({
    ...shared,
    entryPoints: [`src/bundles/${name}.ts`],
    format: watch ? "esm" : "iife",
    globalName: "whylight",
    outfile: join(out, `${name}.js`),
  })),
  { ...shared, entryPoints: ["src/style.css"], outfile: join(out, "widget.css") },
];

/** A module that shares what it makes: a page never lets go of a module, and every widget brings its own. */
function sharedModule(code) {
  const key = `whylight/${createHash("sha256").update(code).digest("hex").slice(0, 16)}`;
  const made = `globalThis[Symbol.for("${key}")]??=make()`;
  return `function make(){${code}return whylight.default}export default ${made};\n${licence}\n`;
}

mkdirSync(out, { recursive: true });
if (watch) {
  for (const job of jobs) await (await esbuild.context(job)).watch();
} else {
  await Promise.all(jobs.map((job) => esbuild.build({ ...job, logLevel: "warning" })));
  for (const { outfile, format } of jobs) {
    if (format) writeFileSync(outfile, sharedModule(readFileSync(outfile, "utf-8")));
    const { size } = statSync(outfile);
    console.log(`${outfile.slice(out.length + 1)}  ${(size / 1000).toFixed(1)} kB`);
    if (size > LIMIT)
      throw new Error(`${outfile} is ${size} bytes; the limit is ${LIMIT}. Remove something.`);
  }
}
