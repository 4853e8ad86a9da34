/** A kiosk in a headless Chromium with a made-up room as its microphone, for pictures and long runs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { Browser, Page } from "playwright-core";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { sampleRate, soundsFor } from "../../client/kit/sounds/index.ts";
import { writeWav } from "../../dsp/wav.ts";
import { openKioskExtension } from "../../kiosk/kiosk-extension.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack, openPackFolder, packageFolder } from "../../models/pack/open-pack-node.ts";
import { startServer } from "../../server/start-server.ts";
import { readScene } from "../demo-scenes/read-scene.ts";

interface WatchedKiosk {
  readonly browser: Browser;
  /** Of the kiosk's page. */
  readonly url: string;
  readonly statusUrl: string;
  close(): Promise<void>;
}

/** `room`: seconds of each built-in sound that the default pack knows, and of silence after each. */
export async function watchKiosk(
  settings: Record<string, unknown>,
  room: { readonly sound: number; readonly silence: number },
): Promise<WatchedKiosk> {
  const executable = findChromium();
  if (!executable) throw new Error(NO_CHROMIUM);
  const temporary = await mkdtemp(join(tmpdir(), "listenable-kiosk-"));
  const microphone = join(temporary, "room.wav");
  const kioskFile = join(temporary, "kiosk.json");
  const folder = findPack(DEFAULT_PACK);
  const { pack } = await openPackFolder(folder);
  await writeFile(microphone, writeWav([await roomSound(pack.labels, room)], sampleRate));
  await writeFile(kioskFile, JSON.stringify(settings));
  const publicFolder = join(packageFolder(), "dist", "public");
  const log = pino({ level: "silent" });
  const kiosk = await openKioskExtension({ file: kioskFile, publicFolder, log });
  const server = await startServer({
    pack: folder,
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
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

async function roomSound(
  labels: readonly string[],
  { sound, silence }: { readonly sound: number; readonly silence: number },
): Promise<Float32Array> {
  const sounds = soundsFor(labels);
  const step = (sound + silence) * sampleRate;
  const room = new Float32Array(step * sounds.length);
  // A room is never quite silent.
  for (let n = 0; n < room.length; n++) room[n] = 2e-4 * Math.sin(n * n);
  for (const [k, { name }] of sounds.entries()) {
    const samples = await readScene(name, sampleRate);
    for (let n = 0; n < sound * sampleRate; n++) room[k * step + n] += samples[n % samples.length];
  }
  return room;
}

export function kioskState(page: Page, attributes: string): Promise<void> {
  return page.locator(`listenable-kiosk${attributes}`).waitFor({ state: "attached", timeout: 120_000 });
}
