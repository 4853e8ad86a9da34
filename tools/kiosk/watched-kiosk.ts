/** A kiosk in a headless Chromium with a made-up room as its microphone, for pictures and long runs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { Browser, Page } from "playwright-core";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { sampleRate, syntheticSounds } from "../../client/kit/sounds/synthetic/index.ts";
import { writeWav } from "../../dsp/wav.ts";
import { openKioskExtension } from "../../kiosk/kiosk-extension.ts";
import { findPack, packageFolder } from "../../models/pack/open-pack-node.ts";
import { startServer } from "../../server/start-server.ts";

interface WatchedKiosk {
  readonly browser: Browser;
  /** Of the kiosk's page. */
  readonly url: string;
  readonly statusUrl: string;
  close(): Promise<void>;
}

/** `room`: seconds of each built-in sound, and of silence after each. */
export async function watchKiosk(
  settings: Record<string, unknown>,
  room: { readonly sound: number; readonly silence: number },
): Promise<WatchedKiosk> {
  const executable = findChromium();
  if (!executable) throw new Error(NO_CHROMIUM);
  const folder = await mkdtemp(join(tmpdir(), "listenable-kiosk-"));
  const microphone = join(folder, "room.wav");
  const kioskFile = join(folder, "kiosk.json");
  await writeFile(microphone, writeWav([roomSound(room)], sampleRate));
  await writeFile(kioskFile, JSON.stringify(settings));
  const publicFolder = join(packageFolder(), "dist", "public");
  const log = pino({ level: "silent" });
  const kiosk = await openKioskExtension({ file: kioskFile, publicFolder, log });
  const server = await startServer({
    pack: findPack("esc10-speech"),
    port: 0,
    publicFolder,
    extensions: [kiosk],
  });
  const browser = await launchChromium({
    path: executable,
    microphone,
    args: ["--autoplay-policy=no-user-gesture-required", "--enable-precise-memory-info"],
  });
  return {
    browser,
    url: `${server.url}kiosk`,
    statusUrl: `${server.url}kiosk/status.json`,
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function roomSound({ sound, silence }: { readonly sound: number; readonly silence: number }): Float32Array {
  const step = (sound + silence) * sampleRate;
  const room = new Float32Array(step * syntheticSounds.length);
  // A room is never quite silent.
  for (let n = 0; n < room.length; n++) room[n] = 2e-4 * Math.sin(n * n);
  for (const [k, { make }] of syntheticSounds.entries()) {
    const samples = make();
    for (let n = 0; n < sound * sampleRate; n++) room[k * step + n] += samples[n % samples.length];
  }
  return room;
}

export function kioskState(page: Page, attributes: string): Promise<void> {
  return page.locator(`listenable-kiosk${attributes}`).waitFor({ state: "attached", timeout: 120_000 });
}
