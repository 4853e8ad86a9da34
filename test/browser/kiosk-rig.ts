/** The kiosk in a real browser: starts and recovers by itself, plays when nobody is there, restarts without a seam. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { test } from "uvu";
import { findChromium } from "../../cli/bench/chromium.ts";
import type { KioskReport } from "../../kiosk/protocol.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const AUTOPLAY = "--autoplay-policy=no-user-gesture-required";
/** How long anything may take that should take a second or two. */
export const PATIENCE_MS = 40_000;
export let live: LiveSetUp;
export let work = "";

test.before(async () => {
  if (chromium === null) return;
  work = await mkdtemp(join(tmpdir(), "listenable-kiosk-"));
  // Nobody is there.
  live = await setUp(chromium, TINY_PACK, new Float32Array(4 * 48_000), [AUTOPLAY]);
});
test.after(async () => {
  await live?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

export async function withServer(
  settings: Record<string, unknown>,
  use: (
    url: string,
    reports: () => Promise<KioskReport[]>,
    server: { close(): Promise<void> },
  ) => Promise<void>,
): Promise<void> {
  const kioskFile = join(work, "kiosk.json");
  await writeFile(kioskFile, JSON.stringify(settings));
  const { publicFolder } = live;
  const server = await serveKiosk(kioskFile, { pack: TINY_PACK, port: 0, publicFolder });
  const reports = async () =>
    (await (await fetch(new URL("kiosk/status.json", server.url))).json()).kiosks as KioskReport[];
  try {
    await use(`${server.url}kiosk`, reports, server);
  } finally {
    await server.close();
  }
}

export async function open(url: string, before?: () => void): Promise<{ page: Page; complaints: string[] }> {
  const context = await live.browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  if (before) await page.addInitScript(before);
  await page.goto(url);
  return { page, complaints };
}

export const host = (page: Page, attributes: string) =>
  page.locator(`listenable-kiosk${attributes}`).waitFor({ state: "attached", timeout: PATIENCE_MS });
