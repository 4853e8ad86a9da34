/** Server and browser for the tests of the live page. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "../../cli/bench/chromium.ts";
import { writeWav } from "../../dsp/wav.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";

export const TINY_PACK = join(packageFolder(), "test", "fixtures", "tiny-pack");
export const TINY_STREAMING = join(packageFolder(), "test", "fixtures", "tiny-streaming");

export interface LiveSetUp {
  readonly browser: Browser;
  readonly server: RunningServer;
  /** Of the page as it was built. */
  readonly publicFolder: string;
  close(): Promise<void>;
}

/** Starts both, with these samples at 48 kHz as the microphone, over and over. */
export async function setUp(
  chromium: string,
  pack: string,
  microphone: Float32Array,
  args: readonly string[] = [],
  options: Pick<ServerOptions, "publicHosts"> = {},
): Promise<LiveSetUp> {
  const publicFolder = join(packageFolder(), "dist", "public");
  if (!existsSync(join(publicFolder, "page.js")))
    throw new Error("the page is not built; run npm run build first");
  const folder = await mkdtemp(join(tmpdir(), "listenable-test-"));
  const file = join(folder, "microphone.wav");
  await writeFile(file, writeWav([microphone], 48_000));
  const server = await startServer({ pack, port: 0, publicFolder, ...options });
  const browser = await launchChromium({ path: chromium, microphone: file, args });
  return {
    browser,
    server,
    publicFolder,
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
