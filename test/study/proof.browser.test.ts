import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openStudy } from "../../study/study-file.ts";
import { startStudyServer } from "../../study/study-server.ts";
import { runProof } from "../../tools/study-proof/run-proof.ts";
import { browser, check, studyFolder } from "./proof-rig.ts";

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
