/** Three simulated participants through the built page; skipped without Chromium. More: npm run study-proof. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openStudy, type Study } from "../../study/study-file.ts";
import { type StudyServer, startStudyServer } from "../../study/study-server.ts";
import { journalLines, runProof } from "../../tools/study-proof/run-proof.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { madeUpStudy, writeMadeUpStudy } from "./made-up-study.ts";

const path = findChromium();
const test = suite("study proof");
const check = (name: string, body: () => Promise<void>) =>
  path === null ? test.skip(`${name} (${NO_CHROMIUM})`, body) : test(name, body);
let browser: Browser;
let server: StudyServer | undefined;

test.before(async () => {
  if (path === null) return;
  if (!existsSync(join(packageFolder(), "dist", "public", "study", "main.js"))) {
    throw new Error("the page is not built; run npm run build first");
  }
  browser = await chromium.launch({
    executablePath: path,
    args: [
      "--autoplay-policy=no-user-gesture-required",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
});

test.after(async () => {
  await browser?.close();
  await server?.close();
});

async function studyFolder(change: Partial<Study> & { scale?: Study["scale"] }): Promise<string> {
  const folder = await temporaryFolder();
  const study = madeUpStudy({ clips: 2, methods: 2, scale: change.scale });
  await writeMadeUpStudy(folder, { ...study, ...change });
  return folder;
}

const opinion = (method: string, question: string) =>
  method === "method-1" ? (question === "match" ? 0.8 : 0.6) : 0.3;

check(
  "preferences come out again, through closed tabs and a server that went away; nothing is lost or doubled",
  async () => {
    const folder = await studyFolder({
      headphones: { questions: 1, needed: 1, attempts: 1, required: false },
    });
    const results = join(folder, "results");
    const proof = await runProof({
      browser,
      folder,
      results,
      participants: 3,
      opinion,
      withoutHeadphones: [1],
      inattentive: [],
    });
    assert.equal(proof.complaints, []);
    assert.is(proof.tabsClosed, 3);
    assert.is(proof.restarts, 1);
    const { analysis } = proof;
    assert.is(analysis.joined, 3);
    assert.equal(analysis.excluded, { incomplete: 0, headphones: 1, attention: 0 });
    for (const { question, method, mean, ratings } of analysis.figures) {
      assert.is(ratings, 4);
      assert.ok(Math.abs(mean - 100 * opinion(method, question)) < 8, `${method} ${question}: ${mean}`);
    }
    assert.equal(analysis.comments, ["A comment, with “signs”\nand a second line"]);
    // Two trials, a check and the practice, two sounds and two questions each, three people.
    assert.is(analysis.ratings.length, 3 * 4 * 2 * 2);
    const events = (await journalLines(results)).flatMap((line) => ("event" in line ? [line.event.id] : []));
    assert.is(new Set(events).size, events.length);
  },
);

check("five buttons work as the slider does", async () => {
  const folder = await studyFolder({ scale: "1-5", headphones: undefined, attention: [], trials: 1 });
  const proof = await runProof({
    browser,
    folder,
    results: join(folder, "results"),
    participants: 1,
    opinion: (method, question) => (method === "method-1" ? (question === "match" ? 0.75 : 0.5) : 0.25),
  });
  assert.equal(proof.complaints, []);
  const found = Object.fromEntries(
    proof.analysis.figures.map(({ method, question, mean }) => [`${method} ${question}`, mean]),
  );
  assert.equal(found, {
    "method-1 match": 4,
    "method-1 quality": 3,
    "method-2 match": 2,
    "method-2 quality": 2,
  });
});

check(
  "the keyboard alone gets through a trial, sliders keep shut until both were heard, and a reload goes on",
  async () => {
    const folder = await studyFolder({ headphones: undefined, attention: [], practice: undefined });
    const server = await startStudyServer({
      open: await openStudy(folder),
      results: join(folder, "results"),
      publicFolder: join(packageFolder(), "dist", "public"),
      port: 0,
    });
    const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 360, height: 740 } });
    page.setDefaultTimeout(30_000);
    await page.goto(server.url);
    const press = async (name: RegExp, role: "button" | "checkbox" | "slider", key: string) => {
      const control = page.getByRole(role, { name }).first();
      await control.waitFor();
      for (let k = 0; k < 40; k++) {
        if (
          await control.evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element)
        )
          break;
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press(key);
    };
    await press(/I have read this/, "checkbox", "Space");
    await press(/Begin/, "button", "Enter");
    await press(/Play the recording/, "button", "Enter");
    await page.getByRole("button", { name: /the recording, heard/i }).waitFor();
    await press(/The volume is right/, "button", "Enter");
    await page.getByRole("heading", { name: "Recording 1 of 2" }).waitFor();
    await press(/Play sound A/, "button", "Enter");
    await page.getByRole("button", { name: /sound A, heard/i }).waitFor();
    assert.ok(
      await page
        .getByRole("slider", { name: /Sound A/ })
        .first()
        .isDisabled(),
    );
    await press(/Play the recording/, "button", "Enter");
    await page.getByRole("button", { name: /the recording, heard/i }).waitFor();
    const slider = page.getByRole("slider", { name: /Sound A.*match/ });
    assert.match((await slider.getAttribute("aria-valuetext"))!, /^not rated/);
    await press(/Sound A.*match/, "slider", "Enter");
    assert.match((await slider.getAttribute("aria-valuetext"))!, /^50,/);
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector('study-app[data-saved="yes"]');
    assert.ok(await page.getByRole("button", { name: "Continue" }).isDisabled());
    assert.match(page.url(), /\?p=[\w-]{20}$/);
    // Nothing lies beyond a phone's edge.
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    await page.reload();
    await page.getByRole("heading", { name: "Recording 1 of 2" }).waitFor();
    assert.match((await slider.getAttribute("aria-valuetext"))!, /^51,/);
    await page.close();
    await server.close();
  },
);

test.run();
