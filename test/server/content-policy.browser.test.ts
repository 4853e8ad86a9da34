// The headers against a real browser: what we need works under them, what they forbid does not.
// Skipped where there is no Chromium; CHROMIUM names one in another place.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startServer } from "../../server/start-server.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** A worker as the pipeline's: both engines explain one low window. */
const WORKER = `
  import { fetchPack } from "./models/pack/open-pack.ts";
  import { webRuntime } from "./models/runtime/web.ts";
  import { LocalEngine } from "./client/live/engines/local-engine.ts";
  import { RemoteEngine } from "./client/live/engines/remote-engine.ts";
  addEventListener("securitypolicyviolation", (event) => postMessage({ violation: event.violatedDirective + " " + event.blockedURI }));
  async function explain(engine) {
    const magnitudes = new Float32Array(128 * 257);
    for (let t = 0; t < 128; t++) magnitudes[t * 257 + 20] = 3;
    const { probabilities, mask } = await engine.explain({ firstFrame: 0, magnitudes });
    await engine.close();
    return { low: probabilities[0], inside: mask[20], outside: mask[200], description: engine.description };
  }
  try {
    const pack = await fetchPack(new URL("/packs/tiny/", location.href).href);
    const local = await explain(await LocalEngine.open({ pack, runtime: webRuntime() }));
    const remote = await explain(await RemoteEngine.connect({ url: "ws://" + location.host + "/explain" }));
    postMessage({ local, remote });
  } catch (error) {
    postMessage({ error: String(error) });
  }`;

const PAGE = `
  const violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.blockedURI));
  window.runAll = async () => {
    const worker = new Worker("/worker.js", { type: "module" });
    const engines = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.violation ? violations.push(data.violation) : resolve(data));
      worker.onerror = (event) => reject(new Error("the worker failed: " + event.message));
    });
    const context = new OfflineAudioContext(1, 128, 16000);
    await context.audioWorklet.addModule("/worklet.js");
    const node = new AudioWorkletNode(context, "twice");
    const source = new ConstantSourceNode(context, { offset: 0.25 });
    source.connect(node).connect(context.destination);
    source.start();
    const worklet = (await context.startRendering()).getChannelData(0)[64];
    return { engines, worklet, isolated: crossOriginIsolated, shared: new SharedArrayBuffer(8).byteLength, violations };
  };
  // In a timer: code that the debugger calls, and what it calls at once, is let past the policy.
  window.tryForbidden = () => new Promise((resolve) => setTimeout(() => resolve(forbidden()), 0));
  async function forbidden() {
    const outcome = {};
    const script = document.createElement("script");
    script.textContent = "window.inlineRan = true";
    document.head.append(script);
    outcome.inline = window.inlineRan === true;
    try { outcome.eval = eval("1 + 1") === 2; } catch { outcome.eval = false; }
    outcome.blobWorker = await new Promise((resolve) => {
      try {
        const worker = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"])));
        worker.onmessage = () => resolve(true);
        worker.onerror = () => resolve(false);
      } catch { resolve(false); }
    });
    outcome.foreign = await fetch("http://localhost:65432/").then(() => true, () => false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    outcome.named = [...new Set(violations.map((each) => each.split(" ")[0]))].sort();
    return outcome;
  }`;

async function bundle(contents: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["onnxruntime-web-use-extern-wasm", "production"],
    outfile,
    logLevel: "error",
  });
}

const browserTest = existsSync(executablePath) ? test : test.skip;

browserTest(
  "engines, worklet and shared memory work under the headers; inline code, eval and blob workers do not",
  async () => {
    const page = mkdtempSync(join(tmpdir(), "listenable-policy-"));
    mkdirSync(join(page, "ort"));
    for (const file of ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"]) {
      copyFileSync(join("node_modules/onnxruntime-web/dist", file), join(page, "ort", file));
    }
    writeFileSync(
      join(page, "index.html"),
      '<!doctype html><title>test</title><script type="module" src="/page.js"></script>',
    );
    writeFileSync(
      join(page, "worklet.js"),
      `registerProcessor("twice", class extends AudioWorkletProcessor {
      process([[input]], [[output]]) { for (let i = 0; i < output.length; i++) output[i] = 2 * (input?.[i] ?? 0); return true; }
    });`,
    );
    await Promise.all([bundle(WORKER, join(page, "worker.js")), bundle(PAGE, join(page, "page.js"))]);
    const server = await startServer({
      pack: "test/fixtures/tiny-pack",
      port: 0,
      lanes: 1,
      publicFolder: page,
    });
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const tab = await browser.newPage();
      await tab.goto(server.url);
      const result = (await tab.evaluate("runAll()")) as {
        engines: Record<
          "local" | "remote",
          { low: number; inside: number; outside: number; description: string }
        >;
        worklet: number;
        isolated: boolean;
        shared: number;
        violations: string[];
      };
      for (const kind of ["local", "remote"] as const) {
        const engine = result.engines[kind];
        assert.ok(engine, JSON.stringify(result));
        assert.ok(engine.low > 0.99, `${kind}: ${engine.low}`);
        assert.ok(Math.abs(engine.inside - 0.95) < 0.003 && Math.abs(engine.outside - 0.05) < 0.003, kind);
      }
      assert.match(result.engines.local.description, "WASM SIMD, 1 thread");
      assert.is(result.worklet, 0.5);
      assert.is(result.isolated, true);
      assert.is(result.shared, 8);
      assert.equal(result.violations, []);
      const forbidden = await tab.evaluate("tryForbidden()");
      assert.equal(forbidden, {
        inline: false,
        eval: false,
        blobWorker: false,
        foreign: false,
        named: ["connect-src", "script-src", "script-src-elem", "worker-src"],
      });
    } finally {
      await browser.close();
      await server.close();
      rmSync(page, { recursive: true });
    }
  },
);

test.run();
