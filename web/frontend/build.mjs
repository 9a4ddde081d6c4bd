// Bundles the pages' styles and scripts, the icons they use and the licences of what went in.
// Usage: node build.mjs OUTPUT_FOLDER (made anew).
import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const source = new URL("./src/", import.meta.url).pathname;
const modules = new URL("./node_modules/", import.meta.url).pathname;
const output = process.argv[2];
const bundled = ["@picocss/pico/LICENSE.md", "htmx.org/LICENSE", "heroicons/LICENSE"];

async function bundle() {
  await build({
    entryPoints: ["booking.css", "booking.js", "office.css", "office.js"].map((name) => join(source, name)),
    outdir: output,
    bundle: true,
    minify: true,
    format: "iife",
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

async function licences() {
  const texts = await Promise.all(
    bundled.map(async (path) => `${path.replace(/\/LICENSE.*/, "")}\n\n${await readFile(join(modules, path), "utf8")}`),
  );
  await writeFile(join(output, "LICENSES.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
await Promise.all([bundle(), sprite(), licences()]);
await compress();
