/**
 * Makes the pictures of docs/study.md: `npm run study-pictures -- STUDY [REPORT.html]`, the report being one of what
 * `npm run study-proof` leaves behind.
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Page } from "playwright-core";
import { findChromium, NO_CHROMIUM } from "../cli/bench/chromium.ts";
import { packageFolder } from "../models/pack/open-pack-node.ts";
import { openStudy } from "../study/study-file.ts";
import { startStudyServer } from "../study/study-server.ts";
import { takePart } from "./study-proof/simulated-participant.ts";

const [folder, report] = process.argv.slice(2);
const executablePath = findChromium();
if (!executablePath) throw new Error(NO_CHROMIUM);
const out = join(packageFolder(), "docs", "pictures");
await mkdir(out, { recursive: true });
const open = await openStudy(folder);
const server = await startStudyServer({
  open,
  results: await mkdtemp(join(tmpdir(), "listenable-pictures-")),
  publicFolder: join(packageFolder(), "dist", "public"),
  port: 0,
});
const args = [
  "--autoplay-policy=no-user-gesture-required",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];
const browser = await chromium.launch({ executablePath, args });
const views = [
  { name: "study-trial", id: "one", viewport: { width: 900, height: 1000 }, colorScheme: "light" },
  { name: "study-trial-phone", id: "two", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
] as const;
for (const [number, { name, id, viewport, colorScheme }] of views.entries()) {
  const page: Page = await browser.newPage({ viewport, colorScheme });
  await takePart({
    page,
    url: server.url,
    study: open.study,
    id,
    number,
    opinions: { headphones: true, opinion: (method) => (method === "lmac" ? 0.82 : 0.35) },
    onTrial: async ({ id: trial }) => {
      if (trial !== "trial-1") return true;
      await page.evaluate(() => window.scrollTo({ top: 0 }));
      await page.screenshot({ path: join(out, `${name}.png`) });
      return false;
    },
  });
  await page.close();
}
if (report) {
  const page = await browser.newPage({ viewport: { width: 900, height: 1000 }, colorScheme: "light" });
  await page.goto(`file://${resolve(report)}`);
  await page.screenshot({ path: join(out, "study-report.png") });
}
await browser.close();
await server.close();
