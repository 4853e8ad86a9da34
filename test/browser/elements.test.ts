// `listenable/elements` on somebody's page: attributes in, events out, what slots replace, and nothing left behind.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { writeWav } from "../../dsp/wav.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { aiff, joined, samples, text } from "../models/sound/sound-files.ts";
import { randomBytes } from "../models/sound/sounds.ts";
import { type Site, staticSite } from "../static-site.ts";
import { browserTest } from "./browser-test.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();

let folder: string;
let browser: Browser;
let site: Site;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-elements-"));
  const tone = Float32Array.from(
    { length: 48_000 * 3 },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / 48_000),
  );
  await writeFile(join(folder, "tone.wav"), writeWav([tone], 48_000));
  await writeFile(
    join(folder, "tone.aiff"),
    aiff(samples(tone, "s16", true).subarray(0, 48_000), { bits: 16 }),
  );
  await writeFile(join(folder, "junk.mp3"), joined(text("\xff\xd8\xff\xe0"), randomBytes(9000, 1)));
  if (chromium) browser = await launchChromium({ path: chromium, microphone: join(folder, "tone.wav") });
  const folders = {
    "/": folder,
    "/lib": join(packageFolder(), "dist", "public"),
    "/packs/tiny": TINY_PACK,
  };
  site = await staticSite(folders);
});
test.after(async () => {
  await browser?.close();
  await site.close();
  await rm(folder, { recursive: true });
});

/** A page with this in its body, and every event of its elements in `told`, as [name, detail] of plain values. */
async function opened(body: string): Promise<Page> {
  const script = `
    import "./lib/elements.js";
    globalThis.told = [];
    for (const name of ["decision", "mask", "state", "problem"]) {
      document.querySelector("listenable-explainer").addEventListener(name, ({ detail }) => {
        const { state, code, verdict, frames, bins, detail: about } = detail;
        told.push({ name, state, code, detail: about, label: verdict?.label, frames, bins });
      });
    }`;
  const html = `<!doctype html><title>Somebody's page</title>${body}<script type="module">${script}</script>`;
  await writeFile(join(folder, "index.html"), html);
  const page = await browser.newPage();
  await page.goto(`${site.origin}/`);
  await page.waitForFunction(() => customElements.get("listenable-explainer") !== undefined);
  return page;
}

interface Told {
  readonly name: string;
  readonly state?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly label?: string;
  readonly frames?: number;
  readonly bins?: number;
}

const told = (page: Page) => page.evaluate(() => (globalThis as unknown as { told: Told[] }).told);

browserTest("a sound file is explained, told by events, and ends", async () => {
  const page = await opened(
    '<listenable-explainer pack="./packs/tiny/" source="tone.wav"></listenable-explainer>',
  );
  assert.equal(await told(page), []);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Low", { exact: true }).waitFor();
  await page.waitForFunction(() =>
    (globalThis as unknown as { told: Told[] }).told.some(({ state }) => state === "stopped"),
  );
  const all = await told(page);
  const states = all.filter(({ name }) => name === "state").map(({ state }) => state);
  assert.equal([...new Set(states)], ["idle", "starting", "running", "stopped"]);
  assert.ok(all.some(({ name, label }) => name === "decision" && label === "low"));
  assert.ok(all.some(({ name, frames = 0, bins }) => name === "mask" && frames > 0 && bins === 257));
  assert.not(all.some(({ name }) => name === "problem"));
  await page.getByRole("button", { name: "Start" }).waitFor();
  await page.close();
});

browserTest(
  "a kind of file that the browser does not know is read, and junk is refused by what it is",
  async () => {
    const listening = (source: string) =>
      opened(`<listenable-explainer pack="./packs/tiny/" source="${source}"></listenable-explainer>`);
    const page = await listening("tone.aiff");
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForFunction(() =>
      (globalThis as unknown as { told: Told[] }).told.some(({ state }) => state === "stopped"),
    );
    const all = await told(page);
    assert.ok(all.some(({ name, label }) => name === "decision" && label === "low"));
    assert.not(all.some(({ name }) => name === "problem"));
    await page.close();

    const junk = await listening("junk.mp3");
    await junk.getByRole("button", { name: "Start" }).click();
    await junk.getByRole("alert").waitFor();
    const [problem] = (await told(junk)).filter(({ name }) => name === "problem");
    assert.is(problem?.code, "file-unreadable");
    assert.match(problem?.detail ?? "", "junk.mp3 is no sound: it is a JPEG picture");
    await junk.close();
  },
);

browserTest("what cannot start is told by an event and in words", async () => {
  const page = await opened('<listenable-explainer pack="./packs/nothing/"></listenable-explainer>');
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("alert").getByText("The model could not be fetched.").waitFor();
  assert.ok((await told(page)).some(({ name, code }) => name === "problem" && code === "model-missing"));
  await page.close();
});

browserTest("slots take the place of the element's own words and controls", async () => {
  const page = await opened(
    '<listenable-explainer><p slot="verdict">mine</p><i slot="controls">also mine</i></listenable-explainer>',
  );
  await page.getByText("also mine").waitFor();
  assert.is(await page.getByRole("button", { name: "Start" }).isVisible(), false);
  assert.is(await page.locator('[part="headline"]').isVisible(), false);
  await page.close();
});

browserTest("attributes reach the explainer; a microphone without headphones stays silent", async () => {
  const page = await opened("<listenable-explainer></listenable-explainer>");
  const calls = await page.evaluate(async () => {
    const element = document.querySelector("listenable-explainer")!;
    const said: string[] = [];
    const nothing = { subscribe: () => ({ unsubscribe: () => {} }) };
    const streams = ["status$", "decisions$", "columns$", "columnPorts$"].map((name) => [name, nothing]);
    const explainer = new Proxy(Object.fromEntries(streams), {
      get: (own, name: string) =>
        own[name] ??
        (async (...values: unknown[]) => {
          if (name !== "pack") said.push([name, ...values].join(" "));
          return { threshold: 0.5 };
        }),
    });
    const settled = async (change: () => void) => {
      change();
      await (element as unknown as { updateComplete: Promise<unknown> }).updateComplete;
      return said.splice(0);
    };
    return {
      first: await settled(() => Object.assign(element, { explainer })),
      changed: await settled(() => {
        for (const [name, value] of [
          ["target", "2"],
          ["method", "lmac"],
          ["engine", "remote"],
          ["delay", "low-delay"],
          ["listening", "rest"],
          ["match-loudness", ""],
        ]) {
          element.setAttribute(name, value);
        }
      }),
      headphones: await settled(() => element.setAttribute("headphones", "")),
      file: await settled(() => element.setAttribute("volume", "0.5")),
    };
  });
  assert.equal(calls.first, [
    "setListening explanation",
    "setMatchLoudness false",
    "setEngine local",
    "setDelay balanced",
    "setVolume 0",
  ]);
  assert.equal(calls.changed, [
    "setListening rest",
    "setMatchLoudness true",
    "setEngine remote",
    "setDelay low-delay",
    "setMethod lmac",
    "setTarget 2",
  ]);
  assert.equal(calls.headphones, ["setVolume 1"]);
  assert.equal(calls.file, ["setVolume 0.5"]);
  await page.close();
});

browserTest(
  "while nothing is explained it says so, says nothing of decisions, and offers this device",
  async () => {
    const page = await opened('<listenable-explainer engine="remote"></listenable-explainer>');
    await page.evaluate(() => {
      type Next = (value: unknown) => void;
      const listeners = new Map<string, Next>();
      const stream = (name: string) => ({
        subscribe: (next: Next) => {
          listeners.set(name, next);
          return { unsubscribe: () => listeners.delete(name) };
        },
      });
      const pack = {
        labels: ["a", "b"],
        threshold: 0.5,
        sampleRate: 16_000,
        hop: 128,
        window: 512,
        bins: 257,
      };
      const said: string[] = [];
      const own: Record<string, unknown> = {
        pack: async () => ({ ...pack, windowFrames: 128, methods: [] }),
      };
      for (const name of ["status$", "decisions$", "columns$", "columnPorts$"]) own[name] = stream(name);
      const explainer = new Proxy(own, {
        get: (known, name: string) =>
          known[name] ?? ((...values: unknown[]) => said.push([name, ...values].join(" "))),
      });
      const status = (explanation: string) =>
        listeners.get("status$")?.({ state: "running", engine: "remote", explanation, notices: [] });
      let frame = 0;
      const decide = () => {
        frame += 100;
        listeners.get("decisions$")?.({ firstFrame: frame, probabilities: Float32Array.of(0.9, 0.1) });
      };
      Object.assign(window, { fake: { said, status, decide } });
      Object.assign(document.querySelector("listenable-explainer")!, { explainer });
    });
    type Faked = { fake: { said: string[]; status(explanation: string): void; decide(): void } };
    const say = (explanation: string) =>
      page.evaluate((each) => (window as unknown as Faked).fake.status(each), explanation);
    const decide = () => page.evaluate(() => (window as unknown as Faked).fake.decide());
    const headline = page.locator('[part="headline"][role="status"]');
    const device = page.getByRole("button", { name: "Use this device" });
    await say("coming");
    await decide();
    assert.is(await headline.textContent(), "Listening…", "a decision without a mask is none yet");
    await say("here");
    await page.waitForTimeout(150);
    await decide();
    await headline.getByText("A", { exact: true }).waitFor();
    assert.is(await device.count(), 0);
    await say("away");
    await headline.getByText("No explanation just now").waitFor();
    await page.waitForTimeout(150);
    await decide();
    assert.is(await headline.textContent(), "No explanation just now");
    // A page that knows none of our colours: by the keyboard the button is found all the same.
    await page.keyboard.press("Tab");
    const { part, outline } = await page.evaluate(() => {
      const focused = document.querySelector("listenable-explainer")?.shadowRoot
        ?.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      return { part: focused.getAttribute("part"), outline: `${outlineWidth} ${outlineStyle}` };
    });
    assert.equal([part, outline], ["use-device", "3px solid"]);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => (window as unknown as Faked).fake.said.includes("setEngine local"));
    await device.waitFor({ state: "detached" });
    await say("here");
    await page.waitForTimeout(150);
    await decide();
    await headline.getByText("A", { exact: true }).waitFor();
    await page.close();
  },
);

browserTest("an element that leaves the page lets go of the microphone and of its sound", async () => {
  const page = await opened('<listenable-explainer pack="./packs/tiny/"></listenable-explainer>');
  await page.evaluate(() => {
    const tracks: MediaStreamTrack[] = [];
    const contexts: AudioContext[] = [];
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wishes) => {
      const stream = await ask(wishes);
      tracks.push(...stream.getTracks());
      return stream;
    };
    const Original = AudioContext;
    globalThis.AudioContext = class extends Original {
      constructor(options?: AudioContextOptions) {
        super(options);
        contexts.push(this);
      }
    };
    Object.assign(globalThis, {
      held: () => [
        tracks.filter(({ readyState }) => readyState === "live").length,
        contexts.filter(({ state }) => state !== "closed").length,
      ],
    });
  });
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Low", { exact: true }).waitFor();
  assert.equal(await page.evaluate("held()"), [1, 1]);
  await page.evaluate(() => document.querySelector("listenable-explainer")!.remove());
  await page.waitForFunction("held().every((count) => count === 0)");
  await page.close();
});

test.run();
