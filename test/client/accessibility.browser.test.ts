/**
 * The pages by axe-core's rules, each in one language and colour scheme (accessibility.full.test.ts has the others), and what
 * no tool sees: the main road by keys alone, a live region that does not chatter, less motion where that is asked for.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  kioskPage,
  liveFailedAndFrozen,
  liveInOrder,
  monitorPages,
  open,
  start,
  state,
  studyPages,
} from "../browser/accessible-pages.ts";
import { assertAccessible } from "../browser/axe.ts";
import { browserTest } from "../browser/browser-test.ts";

const PHONE = { width: 360, height: 740 };

browserTest("the tool looks into components: an image without words is found there", async () => {
  const page = await open("");
  await page.evaluate(() => {
    const footer = document.querySelector("listenable-app")!.shadowRoot!.querySelector("footer")!;
    footer.append(Object.assign(new Image(), { src: "icon.svg" }));
  });
  let found = "";
  await assertAccessible(page, "a page with a flaw").catch((error: Error) => {
    found = error.message + JSON.stringify(error);
  });
  assert.match(found, /image-alt/);
  await page.context().close();
});

liveInOrder("en", "light");

browserTest("the live page at a phone's width, by a microphone, with notices", async () => {
  const page = await open("source=microphone&notice=Something+to+know&missed=3&language=de&theme=dark", {
    viewport: PHONE,
  });
  await assertAccessible(page, "a phone");
  await start(page);
  await assertAccessible(page, "a phone, running");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.width, `${wide} pixels wide`);
  await page.context().close();
});

liveFailedAndFrozen("light");
studyPages("dark");
monitorPages("light");
kioskPage("de", "dark");

browserTest("by keys alone: explained, started, switched, frozen, closed, stopped", async () => {
  const page = await open("ahead=900");
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.textContent?.trim() || element?.getAttribute("aria-label") || "";
    });
  const reach = async (name: RegExp) => {
    for (let k = 0; k < 40; k++) {
      await keyboard.press("Tab");
      if (name.test(await focused())) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  };
  await reach(/without a microphone/);
  await keyboard.press("Enter");
  await state(page, "running");
  assert.is(await page.locator("welcome-card").count(), 0);
  assert.is(await focused(), "Stop", "focus is where one goes on, not lost with what was closed");
  await keyboard.press("c");
  await page.waitForSelector('listenable-app[data-listening="rest"]');
  await page.waitForSelector('listenable-app[data-verdict="class"]');
  await keyboard.press("f");
  await page.getByRole("heading", { name: "Frozen moment" }).waitFor();
  await keyboard.press("Escape");
  await page.waitForSelector("moment-panel", { state: "detached" });
  for (let k = 0; k < 60 && (await focused()) !== "Stop"; k++) await keyboard.press("Shift+Tab");
  await keyboard.press("Enter");
  await state(page, "stopped");
  await page.reload();
  await state(page, "idle");
  assert.is(await page.locator("welcome-card").count(), 0, "the explanation was closed at the first visit");
  await reach(/What is this/);
  await keyboard.press("Enter");
  await page.waitForSelector("welcome-card");
  await page.context().close();
});

browserTest("a screen reader hears of what stays, not of every change", async () => {
  const page = await open("");
  await page.evaluate(() => {
    const app = document.querySelector("listenable-app")!;
    const told: string[] = [];
    Object.assign(globalThis, { told });
    for (const region of app.shadowRoot!.querySelectorAll("[aria-live]")) {
      new MutationObserver(() => told.push(region.textContent!.trim())).observe(region, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    }
  });
  await start(page);
  await page.waitForFunction(() =>
    (globalThis as unknown as { told: string[] }).told.some((text) => text.startsWith("It hears")),
  );
  // Decisions come ten times a second all the while.
  await page.waitForTimeout(2_500);
  const told = await page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
  assert.ok(told.length <= 4, told.join(" | "));
  await page.context().close();
});

browserTest("less motion where that is asked for, and the theme that was chosen stays", async () => {
  const page = await open("", { reducedMotion: "reduce", colorScheme: "light" });
  await start(page);
  const still = await page
    .locator("spectrogram-view")
    .evaluate((view) => (view as unknown as { still: boolean }).still);
  assert.ok(still, "the picture runs");
  const moving = await page.evaluate(
    () => document.getAnimations().filter(({ playState }) => playState === "running").length,
  );
  assert.is(moving, 0);
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.getByLabel("Colours").selectOption("Dark");
  const dark = await paper();
  assert.is.not(dark, light);
  await page.reload();
  await state(page, "idle");
  assert.is(await paper(), dark);
  await page.getByLabel("Language").selectOption("Deutsch");
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  await page.getByText("Beispielklang", { exact: true }).first().waitFor();
  assert.is(await page.evaluate(() => document.documentElement.lang), "de");
  await page.reload();
  await state(page, "idle");
  await page.getByRole("heading", { name: "Drücken Sie Start" }).waitFor();
  await page.context().close();
});

test.run();
