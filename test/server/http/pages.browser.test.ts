// Pages whose server wants a token: what they fetch, follow, show and play goes by the cookie that they get for it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../../cli/bench/chromium.ts";
import { packageFolder } from "../../../models/pack/open-pack-node.ts";
import { openStudy } from "../../../study/study-file.ts";
import { startStudyServer } from "../../../study/study-server.ts";
import { browserTest } from "../../browser/browser-test.ts";
import { temporaryFolder } from "../../cli/run-cli.ts";
import { closeAll, joined, quiet, samplesInput, startRig, tone } from "../../monitor/rig.ts";
import { madeUpStudy, writeMadeUpStudy } from "../../study/made-up-study.ts";

const TOKEN = "a-token-for-this-test-0123456789";
const publicFolder = join(packageFolder(), "dist", "public");
const folder = await temporaryFolder();
const tokenFile = join(folder, "tokens");
await writeFile(tokenFile, `${TOKEN}\n`);

let browser: Browser;
test.before(async () => {
  const path = findChromium();
  if (path) browser = await launchChromium({ path, microphone: "/dev/null" });
});
test.after(async () => {
  await browser?.close();
  await closeAll();
});

/** Each in a profile of its own, so that no cookie comes from another one. */
async function visit(url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return page;
}

const statusOf = (page: Page, path: string) =>
  page.evaluate(async (asked) => (await fetch(asked)).status, path);

browserTest(
  "the monitor's page lists, follows, shows and plays with a token, and says so without",
  async () => {
    const sound = joined(quiet(3), tone(300, 2), quiet(8));
    const { monitor, store } = await startRig([samplesInput("yard", sound)], {
      web: { pages: join(publicFolder, "monitor"), port: 0, tokenFile },
    });
    await monitor.finished;
    const [{ event }] = store.find();

    const stranger = await visit(monitor.url!);
    await stranger.getByText("wants an access token").waitFor();
    assert.is(await statusOf(stranger, `api/events/${event.id}/clip.wav`), 401);

    const page = await visit(`${monitor.url}#token=${TOKEN}`);
    await page.waitForSelector('monitor-app[data-view="live"][data-connected="true"]');
    assert.not.match(page.url(), TOKEN);
    await page.goto(`${monitor.url}#/event/${event.id}`);
    await page.waitForSelector(`[data-event="${event.id}"][data-event-state="explained"]`);
    const view = page.locator("event-view");
    await page.waitForFunction(
      ([audio, image]) => {
        const sound = audio as HTMLAudioElement;
        return sound.readyState > 0 && (image as HTMLImageElement).naturalWidth > 0;
      },
      [await view.locator("audio").first().elementHandle(), await view.locator("img").elementHandle()],
    );
    // Scripts of the page, and of whoever gets into it, see nothing of the token.
    assert.is(await page.evaluate(() => document.cookie), "");
    await monitor.close();
  },
);

browserTest("a participant with the token in the link takes part; one without is told why not", async () => {
  const made = madeUpStudy({ headphones: false, clips: 2, attention: 0 });
  await writeMadeUpStudy(folder, made);
  const server = await startStudyServer({
    open: await openStudy(folder),
    results: join(folder, "results"),
    publicFolder,
    port: 0,
    tokenFile,
  });
  const stranger = await visit(server.url);
  await stranger.waitForSelector('study-app[data-stage="denied"]');
  await stranger.getByText("wants an access token").waitFor();

  const page = await visit(`${server.url}?p=anna#token=${TOKEN}`);
  await page.waitForSelector('study-app[data-stage="consent"]');
  assert.match(page.url(), /\?p=anna$/);
  assert.is(await statusOf(page, `study/sounds/${made.clips[0].original}.wav`), 200);
  await server.close();
});

test.run();
