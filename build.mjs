// Builds everything that runs: the `listenable` command (Node) and the browser's page, worker and worklet.
import { createHash } from "node:crypto";
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { buildTypes, libraryEntries } from "./tools/build/library.mjs";
import { BundledLicences } from "./tools/build/licences.mjs";
import { nodeEntries } from "./tools/build/node-entries.mjs";
import { ortWeb, ortWebDefinitions } from "./tools/build/ort-web.mjs";
import { scriptText } from "./tools/build/script-text.mjs";

const { version, dependencies, optionalDependencies } = JSON.parse(await readFile("package.json", "utf8"));
const out = "dist";
const publicFolder = `${out}/public`;
const licences = new BundledLicences();
const common = {
  bundle: true,
  sourcemap: true,
  logLevel: "warning",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  plugins: [scriptText, licences.plugin],
};

/**
 * The graph compiler is a script of its own, `tailor.js`, which only packs that were not prepared ask for. It is found beside
 * whatever asks, so that each worker is one file that others can copy.
 */
const tailorApart = {
  name: "tailor-apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/tailor\/index\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./tailor.js", external: true } : undefined,
    );
  },
};

const browser = {
  ...common,
  plugins: [...common.plugins, tailorApart, ortWeb],
  platform: "browser",
  format: "esm",
  minify: true,
  // es2015: rxjs as classes, without the helpers of ES5.
  conditions: ["production", "es2015"],
  define: {
    ...ortWebDefinitions,
    "process.env.NODE_ENV": '"production"',
    LISTENABLE_VERSION: JSON.stringify(version),
    LISTENABLE_WASM_BYTES: String(
      (await stat("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm")).size,
    ),
  },
};

/** Output name to source file; workers are started by file, so each has an entry of its own. */
const pageEntries = {
  page: "client/page/main.ts",
  early: "client/kit/early.ts",
  pipeline: "client/live/pipeline/pipeline-worker.ts",
  moment: "client/page/moment/moment-worker.ts",
  picture: "client/kit/spectrogram/picture-worker.ts",
  worklet: "worklets/explainer-processor.ts",
  tailor: "models/tailor/index.ts",
};
const otherEntries = {
  kiosk: "kiosk/page/main.ts",
  "study/main": "study/page/main.ts",
  "monitor/monitor": "monitor/page/main.ts",
  "monitor/early": "client/kit/early.ts",
};

/** The page's scripts, each with all that it needs at once; what it may need later lies in chunks. Gives the files' names. */
async function buildPage() {
  const built = await Promise.all(
    Object.entries(pageEntries).map(([name, source]) =>
      build({
        ...browser,
        entryPoints: { [name]: source },
        outdir: publicFolder,
        splitting: true,
        chunkNames: "chunks/[name]-[hash]",
      }),
    ),
  );
  const files = built.flatMap(({ metafile }) => Object.keys(metafile.outputs));
  const scripts = files.filter((file) => file.endsWith(".js"));
  return [...new Set(scripts.map((file) => file.slice(publicFolder.length + 1)))];
}

await rm(out, { recursive: true, force: true });
await mkdir(`${publicFolder}/ort`, { recursive: true });
await mkdir(`${publicFolder}/monitor`);

const [pageScripts] = await Promise.all([
  buildPage(),
  // Packages that are installed with ours stay outside the Node bundle: they hold native code, wasm and worker threads of
  // their own. Of onnxruntime-web (140 MB) the bundle has what runs here; its wasm is the one that browsers get.
  build({
    ...common,
    entryPoints: { ...libraryEntries.node, ...nodeEntries },
    outdir: out,
    platform: "node",
    format: "esm",
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    external: [...Object.keys({ ...dependencies, ...optionalDependencies }), "playwright-core", "esbuild"],
    define: {
      LISTENABLE_VERSION: JSON.stringify(version),
      LISTENABLE_ORT_FOLDER: JSON.stringify(`${publicFolder}/ort/`),
    },
    // For the bundled packages that are CommonJS.
    banner: {
      js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
    },
  }),
  build({ ...browser, entryPoints: otherEntries, outdir: publicFolder }),
  build({
    ...browser,
    entryPoints: libraryEntries.browser,
    outdir: out,
    splitting: true,
    chunkNames: "public/[name]-[hash]",
  }),
  buildTypes(`${out}/types`),
  cp("client/kit/static", publicFolder, { recursive: true }),
  cp("client/kit/static", `${publicFolder}/monitor`, { recursive: true }),
  cp("client/page/static", publicFolder, { recursive: true }),
  cp("kiosk/page/static", publicFolder, { recursive: true }),
  cp("study/page/static", `${publicFolder}/study`, { recursive: true }),
  cp("client/kit/sounds/recordings", `${publicFolder}/sounds`, { recursive: true }),
  copyFile("monitor/page/static/index.html", `${publicFolder}/monitor/index.html`),
  ...["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"].map((file) =>
    copyFile(`node_modules/onnxruntime-web/dist/${file}`, `${publicFolder}/ort/${file}`),
  ),
]);

/** What the page needs without a network, relative to its folder; "" is the page itself. */
const pageFiles = [
  "",
  ...["manifest.webmanifest", "icon.svg", "icon-192.png", "page.css"],
  ...pageScripts,
  ...(await readdir(`${publicFolder}/sounds`)).sort().map((name) => `sounds/${name}`),
  ...["ort/ort-wasm-simd-threaded.mjs", "ort/ort-wasm-simd-threaded.wasm"],
];
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const pinned = await Promise.all(
  pageFiles.map(async (path) => [path, sha256(await readFile(`${publicFolder}/${path || "index.html"}`))]),
);
await build({
  ...common,
  entryPoints: {
    "service-worker": "client/page/offline/service-worker.ts",
    "service-worker-off": "client/page/offline/service-worker-off.ts",
  },
  outdir: publicFolder,
  platform: "browser",
  format: "iife",
  minify: true,
  define: {
    PAGE_FILES: JSON.stringify(pinned),
    PAGE_VERSION: JSON.stringify(sha256(JSON.stringify(pinned)).slice(0, 16)),
  },
});
await writeFile(`${out}/bundled-licences.txt`, await licences.text());
await chmod(`${out}/cli.js`, 0o755);
