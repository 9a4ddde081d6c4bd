// Bundles the pages' styles and scripts, the icons they use and the licences of what went in.
// Usage: node build.mjs OUTPUT_FOLDER (made anew).
import { build } from "esbuild";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const source = new URL("./src/", import.meta.url).pathname;
const modules = new URL("./node_modules/", import.meta.url).pathname;
const final = process.argv[2];
const output = `${final}.draft`; // takes the place of the last one only when it is whole
const bundled = [
  "@picocss/pico/LICENSE.md",
  "htmx.org/LICENSE",
  "heroicons/LICENSE",
  "@event-calendar/core/package.json", // has no text of its own; the field says which
  "svelte/LICENSE.md",
  "esm-env/LICENSE",
  "clsx/license",
];

// The calendar's widget calls itself a table and its events articles, which it fills with what no table has and no
// article may be. Without these words it is what it is: a region with buttons in it.
const WIDGET = /@event-calendar[\\/]core[\\/]dist[\\/]index\.js$/;
const MISTAKEN = [
  [/(<\/?)article>/g, "$1div>"],
  [/ role="(row|rowgroup|columnheader)"/g, ""],
  [/"list" : "table"/g, '"list" : "group"'],
  [/("role", 3, )"cell"/g, "$1void 0"],
  [/\$\.set_attribute\(\w+, "(role", ariaHidden|aria-col(span|index)").*$/gm, ""],
];
const roles = {
  name: "roles",
  setup(build) {
    build.onLoad({ filter: WIDGET }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [wrong, right] of MISTAKEN) {
        if (contents.search(wrong) < 0) throw new Error(`the widget no longer says ${wrong}`);
        contents = contents.replace(wrong, right);
      }
      return { contents, loader: "js" };
    });
  },
};

async function bundle() {
  await build({
    plugins: [roles],
    entryPoints: [
      ...["booking", "office", "calendar"].flatMap((name) => [join(source, `${name}.css`), join(source, `${name}.js`)]),
      join(source, "embed.js"),
    ],
    outdir: output,
    bundle: true,
    minify: true,
    format: "iife",
    conditions: ["production"],
    target: ["es2022", "safari16.4", "firefox115", "chrome111"],
    legalComments: "linked",
    logLevel: "warning",
  });
}

// One sprite: <svg><use href="…/icons.svg#calendar"></svg>; the names are those of src/icons.txt.
async function sprite() {
  const names = (await readFile(join(source, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean).sort();
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(modules, "heroicons/24/outline", `${name}.svg`), "utf8");
      const drawing = svg.replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$/g, "").replace(/\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5">${drawing}</symbol>`;
    }),
  );
  await writeFile(
    join(output, "icons.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
  );
}

// The server sends these as they are: waitress compresses nothing.
async function compress() {
  const names = (await readdir(output)).filter((name) => /\.(css|js)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const packed = gzipSync(await readFile(join(output, name)), { level: 9 });
      await writeFile(join(output, `${name}.gz`), packed);
    }),
  );
}

async function licence(path) {
  const text = await readFile(path, "utf8");
  if (!path.endsWith("package.json")) return text;
  const { license, repository } = JSON.parse(text);
  return `${license} License, ${repository.url}\n`;
}

async function licences() {
  const texts = await Promise.all(
    bundled.map(async (path) => `${dirname(path)}\n\n${await licence(join(modules, path))}`),
  );
  await writeFile(join(output, "LICENSES.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
await Promise.all([bundle(), sprite(), licences()]);
await compress();
await rm(final, { recursive: true, force: true });
await rename(output, final);
