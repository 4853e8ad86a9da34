// `listenable/live` on other people's pages: a plain server, a folder below, another origin, strict policies, any source,
// and files of another version.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import type { createLiveExplainer, LiveExplainerOptions, Status } from "../../client/live/index.ts";
import { writeWav } from "../../dsp/wav.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { type Site, type SiteOptions, staticSite } from "../static-site.ts";
import { browserTest } from "./browser-test.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const PUBLIC = join(packageFolder(), "dist", "public");
const PAGE = "<!doctype html><title>Somebody's page</title>";

/** What the scripts below find in the page. */
interface Inside {
  createLiveExplainer: typeof createLiveExplainer;
}

let browser: Browser;
let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-library-"));
  const microphone = join(folder, "microphone.wav");
  await writeFile(microphone, writeWav([tone(2)], 48_000));
  if (chromium) browser = await launchChromium({ path: chromium, microphone });
});
test.after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** The tiny pack's class of what follows, "low". */
const TONE = 0;
/** A tone at 48 kHz. */
function tone(seconds: number): Float32Array {
  return Float32Array.from(
    { length: 48_000 * seconds },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / 48_000),
  );
}

/** A page at /some/where/ of a site that has the library below it and the tiny pack. */
function site(options: SiteOptions = {}): Promise<Site> {
  const instead = { "/some/where/index.html": PAGE, ...options.instead };
  const folders = { "/some/where/lib": PUBLIC, "/some/where/packs/tiny": TINY_PACK };
  return staticSite(folders, { ...options, instead });
}

async function open(at: Site): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${at.origin}/some/where/`);
  return page;
}

interface Heard {
  readonly status: Status;
  /** The class that it was sure of: the tone's, or of its 24th sure decision; -1 where none came. */
  readonly winner: number;
  readonly sharedMemory: boolean;
}

type SourceName = "microphone" | "file" | "stream" | "node";

/** Starts the library of `from` in the page, until a decision comes or it fails. */
async function hear(
  page: Page,
  from: string,
  source: SourceName,
  options: Pick<LiveExplainerOptions, "pack"> & { readonly assets?: { readonly worker: string } } = {},
): Promise<Heard> {
  const wav = Buffer.from(writeWav([tone(3)], 48_000)).toString("base64");
  const given = { from, source, wav, tone: TONE, options: { pack: "./packs/tiny/", ...options } };
  return page.evaluate(async ({ from, source, wav, tone, options }) => {
    const { createLiveExplainer } = (await import(`${from}/live.js`)) as Inside;
    const explainer = createLiveExplainer(options);
    let status: Status = { state: "idle" };
    explainer.status$.subscribe((now) => {
      status = now;
    });
    let sure = 0;
    const first = new Promise<number>((resolve) => {
      explainer.decisions$.subscribe(({ probabilities }) => {
        const most = Math.max(...probabilities);
        // Silence comes before the tone.
        if (most <= 0.9) return;
        const winner = probabilities.indexOf(most);
        sure += 1;
        // Where a tone begins, and where a busy browser's microphone loses a block, all bands sound, and a window keeps that
        // for its second: at 64 ms a stride, 24 decisions are a window and a half.
        if (winner === tone || sure === 24) resolve(winner);
      });
    });
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: 700 });
    oscillator.start();
    const stream = context.createMediaStreamDestination();
    oscillator.connect(stream);
    const sources = {
      microphone: { kind: "microphone" } as const,
      file: new Blob([Uint8Array.from(atob(wav), (each) => each.charCodeAt(0))]),
      stream: stream.stream,
      node: oscillator,
    };
    let winner = -1;
    try {
      await explainer.start(sources[source]);
      winner = await first;
    } catch {
      // The status tells.
    }
    const { sharedMemory } = explainer.environment();
    const last = status;
    await explainer.close();
    if (context.state !== "running") throw new Error("the page's own context was touched");
    await context.close();
    return { status: last, winner, sharedMemory };
  }, given);
}

function assertHeard({ status, winner }: Heard, message?: string): void {
  assert.is(status.state, "running", `${message ?? ""} ${JSON.stringify(status)}`);
  assert.is(winner, TONE, message);
}

function problemOf({ status }: Heard): { code: string; detail: string } {
  if (status.state !== "failed") throw new Error(`it did not fail: ${JSON.stringify(status)}`);
  return status.problem;
}

browserTest("any source is heard, on a page below the root that is not cross-origin isolated", async () => {
  const own = await site();
  const page = await open(own);
  for (const source of ["microphone", "file", "stream", "node"] as const) {
    const heard = await hear(page, "./lib", source);
    assertHeard(heard, source);
    assert.is(heard.sharedMemory, false);
  }
  assert.ok(
    own.asked.every((path) => path.startsWith("/some/where/") || path === "/favicon.ico"),
    own.asked.join(" "),
  );
  await page.close();
  await own.close();
});

browserTest("a bundler may leave behind what only packs need that were not prepared", async () => {
  const missing = () => {
    throw new Error("left behind");
  };
  const own = await site({ instead: { "/some/where/lib/tailor.js": missing } });
  const page = await open(own);
  assertHeard(await hear(page, "./lib", "microphone"));
  assert.ok(own.asked.includes("/some/where/lib/tailor.js"));
  await page.close();
  await own.close();
});

browserTest("a cross-origin isolated page shares memory", async () => {
  const own = await site({
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  });
  const page = await open(own);
  const heard = await hear(page, "./lib", "microphone");
  assertHeard(heard);
  assert.is(heard.sharedMemory, true);
  await page.close();
  await own.close();
});

browserTest("the library may come from another origin", async () => {
  const other = await site({ headers: { "Access-Control-Allow-Origin": "*" } });
  const own = await site();
  const page = await open(own);
  assertHeard(await hear(page, `${other.origin}/some/where/lib`, "microphone"));
  assert.not(own.asked.some((path) => path.includes("/lib/")));
  await page.close();
  await own.close();
  await other.close();
});

browserTest(
  "where a policy forbids the worker of another origin, the problem names the way out",
  async () => {
    const other = await site({ headers: { "Access-Control-Allow-Origin": "*" } });
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' ${other.origin}; worker-src 'self'; connect-src 'self' ${other.origin}`;
    const own = await site({ headers: { "Content-Security-Policy": policy } });
    const page = await open(own);
    const from = `${other.origin}/some/where/lib`;
    const { detail } = problemOf(await hear(page, from, "microphone"));
    assert.match(detail, `${from}/pipeline.js`);
    assert.match(detail, /worker-src blob:.*assets\.worker/);
    const worker = `${own.origin}/some/where/lib/pipeline.js`;
    assertHeard(await hear(page, from, "microphone", { assets: { worker } }));
    await page.close();
    await own.close();
    await other.close();
  },
);

for (const [name, file] of [
  ["worklet", "worklet.js"],
  ["worker", "pipeline.js"],
] as const) {
  browserTest(`a ${name} of another version is told apart`, async () => {
    const { version } = JSON.parse(await readFile(join(packageFolder(), "package.json"), "utf8"));
    const old = (bytes: Buffer) => bytes.toString().replaceAll(version, "0.0.1");
    const own = await site({ instead: { [`/some/where/lib/${file}`]: old } });
    const page = await open(own);
    const { code, detail } = problemOf(await hear(page, "./lib", "microphone"));
    assert.is(code, "version-mismatch");
    assert.match(detail, file);
    await page.close();
    await own.close();
  });
}

browserTest("a wasm file of another version is told apart", async () => {
  const path = "/some/where/lib/ort/ort-wasm-simd-threaded.wasm";
  const own = await site({ instead: { [path]: (bytes) => bytes.subarray(0, 1_000) } });
  const page = await open(own);
  const { code, detail } = problemOf(await hear(page, "./lib", "microphone"));
  assert.is(code, "version-mismatch");
  assert.match(detail, /holds 1000 bytes/);
  await page.close();
  await own.close();
});

test.run();
