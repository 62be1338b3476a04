// Bundle the browser's parts into outreach/web/static/dist, each under a name that carries its hash.
// A manifest says which name is which; the web app reads it once at its start.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const web = join(root, "outreach", "web", "static");
const out = join(web, "dist");
const icons = readFileSync(join(web, "icons.txt"), "utf8").split("\n").map((line) => line.trim()).filter(Boolean);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const result = await build({
  absWorkingDir: root,
  entryPoints: [join(web, "js", "app.js"), join(web, "css", "app.css")],
  bundle: true,
  minify: true,
  sourcemap: false,
  metafile: true,
  format: "esm",
  target: ["chrome123", "firefox125", "safari17.5"],
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  legalComments: "linked",
  logLevel: "warning",
});

const manifest = {};
for (const [path, made] of Object.entries(result.metafile.outputs)) {
  if (made.entryPoint) manifest[basename(made.entryPoint)] = relative(out, join(root, path));
  else if (path.endsWith(".woff2")) manifest[`${basename(path).replace(/-[A-Z0-9]{8}\.woff2$/, "")}.woff2`] = basename(path);
}

const sprite = spriteOf(icons);
manifest["icons.svg"] = hashed("icons.svg", sprite);
writeFileSync(join(out, manifest["icons.svg"]), sprite);
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${readdirSync(out).length} files in ${relative(root, out)}`);

function spriteOf(names) {
  const symbols = names.map((name) => {
    const svg = readFileSync(join(root, "node_modules", "lucide-static", "icons", `${name}.svg`), "utf8");
    const inside = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s*\n\s*/g, "").trim()}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

function hashed(name, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  return `${basename(name, extname(name))}-${digest}${extname(name)}`;
}
