// A moment of a known sound: frozen, seen, heard, explained otherwise, and kept as files.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Download, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { Moment } from "../../client/live/live-explainer.ts";
import { resample } from "../../dsp/offline.ts";
import { writeAskedPack } from "../client/page/moment/asked-pack.ts";
import { type LiveSetUp, setUp } from "./set-up.ts";

const chromium = findChromium();

const RATE = 48_000;
/** Of what is listened to before a freeze: enough to fill several windows. */
const LISTEN_MS = 2_500;
const PATIENCE_MS = 30_000;
/** What is looked for of a sound at once, in samples at 16 kHz. */
const PIECE = 1_600;
export const SOUNDS = ["original", "explanation", "rest"] as const;

/**
 * A wandering low tone and, at half its strength, a wandering high one: never the same twice, and always as loud, as ears
 * weigh no frequency of either otherwise.
 */
function wanderingTones(seconds: number): { readonly both: Float32Array; readonly low: Float32Array } {
  const low = new Float32Array(seconds * RATE);
  const both = new Float32Array(seconds * RATE);
  let lowPhase = 0;
  let highPhase = 0;
  for (let n = 0; n < both.length; n++) {
    const t = n / RATE;
    lowPhase += (2 * Math.PI * (550 + 80 * Math.sin(2.1 * t) + 40 * Math.sin(7.3 * t))) / RATE;
    highPhase += (2 * Math.PI * (5_600 + 300 * Math.sin(1.7 * t))) / RATE;
    low[n] = 0.24 * Math.sin(lowPhase);
    both[n] = low[n] + 0.12 * Math.sin(highPhase);
  }
  return { both, low };
}

export let live: LiveSetUp;
let folder: string;
/** The low tone at 16 kHz, with its begin at its end once more, as the microphone begins anew with it. */
export let known: Float32Array;

test.before(async () => {
  if (chromium === null) return;
  folder = await mkdtemp(join(tmpdir(), "listenable-moment-"));
  const { both, low } = wanderingTones(12);
  const once = resample(low, RATE, 16_000);
  known = new Float32Array(once.length + PIECE);
  known.set(once);
  known.set(once.subarray(0, PIECE), once.length);
  live = await setUp(chromium, writeAskedPack(join(folder, "pack")), both);
});
test.after(async () => {
  await live?.close();
  if (folder) await rm(folder, { recursive: true });
});

declare global {
  interface Window {
    /** What each audio context of the page gives out, in the order in which they were opened. */
    momentTaps: AnalyserNode[];
  }
}

/** Listens in on every audio context; runs in the page. */
export function tapContexts(): void {
  window.momentTaps = [];
  const seen = new Map<BaseAudioContext, AnalyserNode>();
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (to instanceof AudioDestinationNode) {
      let analyser = seen.get(this.context);
      if (!analyser) {
        analyser = new AnalyserNode(this.context, { fftSize: 32_768 });
        seen.set(this.context, analyser);
        window.momentTaps.push(analyser);
      }
      connect.call(this, analyser);
    }
    return (connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode).call(
      this,
      to,
      ...rest,
    );
  } as AudioNode["connect"];
}

/** The newest 0.7 s that a context gave out: 0 is the live stream's, 1 the moment's. */
export async function heard(page: Page, context: number): Promise<{ samples: Float32Array; rate: number }> {
  const { text, rate } = await page.evaluate((k) => {
    const tap = window.momentTaps[k];
    const samples = new Float32Array(tap.fftSize);
    tap.getFloatTimeDomainData(samples);
    let bytes = "";
    for (const byte of new Uint8Array(samples.buffer)) bytes += String.fromCharCode(byte);
    return { text: btoa(bytes), rate: tap.context.sampleRate };
  }, context);
  return { samples: floats(text), rate };
}

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

export const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

export async function open(prepare?: (context: BrowserContext) => Promise<void>): Promise<LivePage> {
  const page = await LivePage.open({
    browser: live.browser,
    url: live.server.url,
    engine: "local",
    before: tapContexts,
    prepare,
  });
  await page.waitForLabel("low");
  await page.page.waitForTimeout(LISTEN_MS);
  return page;
}

/** Freezes by the page's button, and waits until the classifier was asked again and the picture is there. */
export async function freeze({ page }: LivePage): Promise<void> {
  await page.getByRole("button", { name: /^Freeze/ }).click();
  await settled(page);
}

export async function settled(page: Page): Promise<void> {
  const options = { state: "attached", timeout: PATIENCE_MS } as const;
  await page.waitForSelector('moment-panel[data-busy=""]', options);
  await page.waitForFunction(
    () => {
      const roots = (element: Element | ShadowRoot): Element[] =>
        [...element.querySelectorAll("*")].flatMap((each) => [
          each,
          ...(each.shadowRoot ? roots(each.shadowRoot) : []),
        ]);
      const pictures = roots(document.documentElement).filter((each) => each.matches(".picture[data-drawn]"));
      return pictures.length > 0 && pictures.every((each) => each.getAttribute("data-drawn") === "yes");
    },
    undefined,
    { timeout: PATIENCE_MS },
  );
}

/** What is frozen, as the panel has it. */
export async function frozen(page: Page): Promise<Record<(typeof SOUNDS)[number], Float32Array>> {
  const texts = await page.locator("moment-panel").evaluate((element) => {
    const { moment } = element as unknown as { moment: Moment };
    const base64 = (samples: Float32Array) => {
      let text = "";
      for (const byte of new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)) {
        text += String.fromCharCode(byte);
      }
      return btoa(text);
    };
    return [moment.original, moment.explanation, moment.rest].map(base64);
  });
  const [original, explanation, rest] = texts.map(floats);
  return { original, explanation, rest };
}

/** Values of the mask [bins] that a side shows, in the middle of the moment. */
export async function maskOf(page: Page, side: number): Promise<number[]> {
  return page
    .locator("moment-side")
    .nth(side)
    .evaluate((element) => {
      const { side: shown, moment } = element as unknown as {
        side: { version: { mask: Float32Array } };
        moment: Moment;
      };
      const row = Math.floor(moment.frames / 2) * moment.bins;
      return Array.from(shown.version.mask.slice(row, row + moment.bins));
    });
}

export async function exported(page: Page, kind: string): Promise<{ name: string; path: string }> {
  const [download] = (await Promise.all([
    page.waitForEvent("download"),
    page.locator(`[data-export=${kind}]`).click(),
  ])) as [Download, unknown];
  const name = download.suggestedFilename();
  const path = join(folder, name);
  await download.saveAs(path);
  return { name, path };
}

/**
 * How alike a piece of `samples` is to the place in `other` that it is most like, 0 to 1: the median of five pieces, as a
 * busy machine tears a moment of the microphone or misses a mask now and then.
 */
export function likeness(samples: Float32Array, other: Float32Array): number {
  const each = [0.2, 0.35, 0.5, 0.65, 0.8].map((share) => {
    const start = Math.floor(share * samples.length);
    return likenessOf(samples.subarray(start, start + PIECE), other);
  });
  return each.sort((a, b) => a - b)[2];
}

/** The places that the tone's period allows to leave out are only looked at where a neighbour is the likest. */
function likenessOf(piece: Float32Array, other: Float32Array): number {
  const own = dot(piece, piece);
  const at = (place: number) => {
    const part = other.subarray(place, place + piece.length);
    return dot(piece, part) / Math.sqrt(own * dot(part, part));
  };
  const last = other.length - piece.length;
  let likest = 0;
  let best = 0;
  for (let place = 0; place <= last; place += 4) {
    const alike = at(place);
    if (alike > best) [best, likest] = [alike, place];
  }
  for (let place = Math.max(0, likest - 3); place <= Math.min(last, likest + 3); place++) {
    best = Math.max(best, at(place));
  }
  return best;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < one.length; n++) sum += one[n] * other[n];
  return sum;
}

export async function assertClean(page: LivePage): Promise<void> {
  assert.equal(page.complaints, []);
  assert.equal(page.foreignRequests, []);
  assert.equal(await page.policyViolations(), []);
}

export async function frozenAfterStop(page: LivePage): Promise<void> {
  await page.page.getByRole("button", { name: "Stop" }).click();
  await page.waitForState("stopped");
  await freeze(page);
  const { original, explanation } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000, `${original.length} samples`);
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `${alike}`);
}
