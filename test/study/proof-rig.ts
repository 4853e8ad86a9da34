/** Simulated participants through the built page; skipped without Chromium. More: npm run study-proof. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { test } from "uvu";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import type { Study } from "../../study/study-file.ts";
import type { StudyServer } from "../../study/study-server.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { madeUpStudy, writeMadeUpStudy } from "./made-up-study.ts";

const path = findChromium();
export const check = (name: string, body: () => Promise<void>) =>
  path === null ? test.skip(`${name} (${NO_CHROMIUM})`, body) : test(name, body);
export let browser: Browser;
export let server: StudyServer | undefined;

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

export async function studyFolder(change: Partial<Study> & { scale?: Study["scale"] }): Promise<string> {
  const folder = await temporaryFolder();
  const study = madeUpStudy({ clips: 2, methods: 2, scale: change.scale });
  await writeMadeUpStudy(folder, { ...study, ...change });
  return folder;
}

export const opinion = (method: string, question: string) =>
  method === "method-1" ? (question === "match" ? 0.8 : 0.6) : 0.3;
