/** Takes minutes and 700 MB of disk. */
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { runCliWatched, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const SECONDS = 3600;
const RATE = 16_000;

test("an hour is explained within bounded memory", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "hour.wav");
  await writeHour(file);
  let mostKilobytes = 0;
  const run = await runCliWatched(
    async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      mostKilobytes = Math.max(mostKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    },
    ...["explain", file, "--out", join(folder, "out"), "--pack", TINY_PACK, "--stride", "64", "--json"],
  );
  assert.is(run.status, 0, run.stderr);
  assert.is(JSON.parse(run.stdout).samples, SECONDS * RATE);
  assert.ok(mostKilobytes < 400_000, `${mostKilobytes} kB`);
  await rm(folder, { recursive: true });
});

/** An hour of quiet tones as 16-bit WAV, written second by second. */
async function writeHour(file: string): Promise<void> {
  const handle = await open(file, "w");
  const header = writeWav([new Float32Array(0)], RATE);
  new DataView(header.buffer).setUint32(40, SECONDS * RATE * 2, true);
  await handle.write(header);
  const second = writeWav(
    [Float32Array.from({ length: RATE }, (_, n) => 0.3 * Math.sin(n * 0.3))],
    RATE,
  ).subarray(44);
  for (let n = 0; n < SECONDS; n++) await handle.write(second);
  await handle.close();
}

test.run();
