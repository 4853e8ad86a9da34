// Builds everything that runs: the `listenable` command (Node) and the browser's page, worker and worklet.
import { chmod, copyFile, cp, mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const out = "dist";
const common = {
  bundle: true,
  sourcemap: true,
  logLevel: "warning",
  target: "es2022",
  legalComments: "none",
};

await rm(out, { recursive: true, force: true });
await mkdir(`${out}/public/ort`, { recursive: true });

// Packages stay outside the Node bundle: they hold native code, wasm and worker threads of their own.
const node = build({
  ...common,
  entryPoints: { cli: "cli/listenable.ts" },
  outdir: out,
  platform: "node",
  format: "esm",
  packages: "external",
  banner: { js: "#!/usr/bin/env node" },
});

const browser = build({
  ...common,
  entryPoints: {
    page: "client/page/main.ts",
    pipeline: "client/live/pipeline-worker.ts",
    worklet: "worklets/explainer-processor.ts",
  },
  outdir: `${out}/public`,
  platform: "browser",
  format: "esm",
  minify: true,
  conditions: ["onnxruntime-web-use-extern-wasm", "production"],
  define: { "process.env.NODE_ENV": '"production"' },
});

await Promise.all([
  node,
  browser,
  cp("client/page/static", `${out}/public`, { recursive: true }),
  ...["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"].map((file) =>
    copyFile(`node_modules/onnxruntime-web/dist/${file}`, `${out}/public/ort/${file}`),
  ),
]);
await chmod(`${out}/cli.js`, 0o755);
