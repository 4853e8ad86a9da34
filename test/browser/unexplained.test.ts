/** The server alone explains, and is killed or frozen: the page says so, shows and keeps nothing as explained, and goes on with this device. */
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { type ServerProcess, startServerProcess } from "../../cli/bench/server-process.ts";
import { readWav } from "../../dsp/wav.ts";
import { steadyTones } from "../../tools/chaos/chaos-rig.ts";
import { BUILT } from "../../tools/soak/server-under-watch.ts";
import { assertAccessible } from "./axe.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const PATIENCE_MS = 30_000;
const NO_EXPLANATION = "No explanation just now";
let live: LiveSetUp;

test.before(async () => {
  if (chromium !== null) live = await setUp(chromium, TINY_PACK, steadyTones(12, 48_000));
});
test.after(async () => {
  await live?.close();
});

/** A page that a server in a process of its own explains for, once masks have come for a while. */
async function visit(use: (page: LivePage, server: ServerProcess) => Promise<void>): Promise<void> {
  const words = ["--port", "0", "--pack", TINY_PACK, "--log-level", "error", "--lanes", "1"];
  const server = await startServerProcess([process.execPath, ...BUILT], words);
  try {
    const page = await LivePage.open({ browser: live.browser, url: server.url, engine: "remote" });
    await page.waitForLabel("low");
    await explanation(page, "here");
    await wait(2_500);
    await use(page, server);
    await page.close();
  } finally {
    server.child.kill("SIGCONT");
    server.child.kill("SIGKILL");
  }
}

const explanation = ({ page }: LivePage, state: "here" | "away") =>
  page.waitForSelector(`listenable-app[data-explanation="${state}"]`, { timeout: PATIENCE_MS });

/** Shares of the picture's newest columns, and of those before, that have a pixel of a stripe. */
async function hatched({ page }: LivePage): Promise<{ readonly newest: number; readonly before: number }> {
  const bytes = await page.locator("spectrogram-view .canvas").first().screenshot();
  const { data, width, height, channels } = decode(bytes);
  const isStripe = (x: number, y: number) => {
    const [red, green, blue] = data.slice((y * width + x) * channels, (y * width + x) * channels + 3);
    return Math.abs(red - 168) < 12 && Math.abs(green - 162) < 12 && Math.abs(blue - 182) < 12;
  };
  const striped = Array.from({ length: width }, (_, x) =>
    Array.from({ length: height }, (_, y) => isStripe(x, y)).includes(true),
  );
  const share = (columns: readonly boolean[]) => columns.filter(Boolean).length / columns.length;
  // A second has 125 columns; the newest ones are at the right.
  return { newest: share(striped.slice(-60, -2)), before: share(striped.slice(-300, -240)) };
}

browserTest(
  "a server that is killed: heading, bars and picture tell, and this device takes over",
  async () => {
    await visit(async (visited, server) => {
      const { page } = visited;
      assert.is((await hatched(visited)).newest, 0);
      server.child.kill("SIGKILL");
      await explanation(visited, "away");
      assert.is(await page.locator("verdict-line h2").textContent(), NO_EXPLANATION);
      assert.match((await page.locator('[role="status"]').allTextContents()).join(" "), NO_EXPLANATION);
      assert.equal(
        [await visited.attribute("data-verdict"), await visited.attribute("data-label")],
        ["", ""],
      );
      assert.is(await page.locator("class-bars li.sure").count(), 0, "no bar is in colour");
      assert.is(await page.locator("class-bars h2").textContent(), "What it considered before");
      await wait(1_000);
      const { newest, before } = await hatched(visited);
      assert.is(newest, 1, "every new column is hatched");
      assert.is(before, 0, "and no old one");
      assert.match((await page.locator("figcaption").first().textContent()) ?? "", "no explanation");
      await assertAccessible(page, "no explanation");
      // By rule, all is heard and the rest is silent.
      const { mask } = await page.locator("listenable-app").evaluate(
        (app) =>
          new Promise<{ mask: number[] }>((resolve) => {
            const { explainer } = app as unknown as {
              explainer: import("../../client/live/live-explainer.ts").LiveExplainer;
            };
            const columns = explainer.columns$.subscribe(({ mask }) => {
              resolve({ mask: [...new Set(mask)] });
              queueMicrotask(() => columns.unsubscribe());
            });
          }),
      );
      assert.equal(mask, [1]);

      await page.getByRole("button", { name: "Use this device" }).click();
      await explanation(visited, "here");
      await visited.waitForLabel("low");
      assert.is(await visited.attribute("data-engine"), "local");
      await wait(1_000);
      assert.is((await hatched(visited)).newest, 0);
    });
  },
);

browserTest(
  "a server that freezes for a while: what is kept of that has no explanation, in any file",
  async () => {
    await visit(async (visited, server) => {
      const { page } = visited;
      server.child.kill("SIGSTOP");
      await explanation(visited, "away");
      await wait(1_500);
      // The panel and its model come from this device's memory and from nowhere else.
      await page.getByRole("button", { name: /^Freeze/ }).click();
      await page.locator("moment-panel [data-export=facts]").waitFor({ timeout: PATIENCE_MS });
      const kept = async (kind: string) => {
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.locator(`moment-panel [data-export=${kind}]`).click(),
        ]);
        return readFile(await download.path());
      };
      const facts = JSON.parse(String(await kept("facts")));
      const [{ unexplained, figures }] = facts.explanations;
      const last = unexplained.at(-1);
      assert.ok(last.to - last.from > 1.4, JSON.stringify(unexplained));
      assert.ok(Math.abs(last.to - facts.seconds) < 0.02, "to the very end");
      const loudest = (samples: Float32Array, from: number, to: number) =>
        samples
          .subarray(Math.ceil(from * facts.sampleRate), Math.floor(to * facts.sampleRate))
          .reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      for (const kind of ["explanation", "rest", "original"]) {
        const { channels } = readWav(new Uint8Array(await kept(kind)), kind);
        const level = loudest(channels[0], last.from + 0.001, last.to - 0.001);
        if (kind === "original") assert.ok(level > 0.05, "what was heard is all there");
        else assert.is(level, 0, `${kind} is silent where nothing was explained`);
        assert.ok(loudest(channels[0], last.from - 1.5, last.from - 0.5) > 0.005, `${kind} before`);
      }
      assert.ok(figures === null || figures.windows < 10, "and no window with any of it counts");
      const shared = String(await kept("share"));
      assert.match(shared, "had no explanation");
      await page.keyboard.press("Escape");

      server.child.kill("SIGCONT");
      await explanation(visited, "here");
      await visited.waitForLabel("low");
    });
  },
);

test.run();
