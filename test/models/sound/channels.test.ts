// A sound's channels become one wherever a file is read: by the same rule, and with a word where it is not the mean of all.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { checkSound, readSound } from "../../../lab/data/check-sound.ts";
import { loadSounds } from "../../../lab/data/load-sounds.ts";
import { readWave } from "../../../lab/data/waves.ts";
import { openRecording } from "../../../models/sound/open-recording-node.ts";
import { AudioFileError, readMono } from "../../../models/sound/read-audio.ts";
import { largestDifference, tone } from "../../dsp/signals.ts";

const RATE = 16_000;
const folder = mkdtempSync(join(tmpdir(), "channels-"));
test.after(() => rmSync(folder, { recursive: true }));

const left = tone(2 * RATE, 440, RATE).map((sample) => 0.5 * sample);
const inverted = join(folder, "inverted.wav");
writeFileSync(inverted, writeWav([left, left.map((sample) => -sample)], RATE));

async function recorded(path: string, channel?: "left" | "right" | number) {
  const recording = await openRecording(path, { channel });
  const samples: number[] = [];
  for await (const block of recording.blocks) samples.push(...block);
  return { samples, notes: recording.notes };
}

test("a recording whose channels cancel is heard from one of them, and says so", async () => {
  const { samples, notes } = await recorded(inverted);
  assert.ok(largestDifference(samples, left) < 1e-4);
  assert.is(notes.length, 1);
  assert.match(
    notes[0],
    /inverted\.wav: the two channels cancel each other.*left channel is heard alone.*--channel/,
  );
  const right = await recorded(inverted, "right");
  assert.ok(
    largestDifference(
      right.samples,
      left.map((sample) => -sample),
    ) < 1e-4,
  );
  assert.equal(right.notes, []);
});

test("a channel that is not there is refused before anything is read", async () => {
  const error = await openRecording(inverted, { channel: 3 }).catch((reason: unknown) => reason);
  assert.instance(error, AudioFileError);
  assert.match((error as Error).message, /inverted\.wav: there is no channel 3.*2 channels/);
  assert.instance(await readMono(inverted, RATE, { channel: 3 }).catch((reason) => reason), AudioFileError);
});

test("evaluation, studies and training hear the same and say the same", async () => {
  const notes: string[] = [];
  const read = [
    await readSound(inverted, RATE, { notes }),
    (await readMono(inverted, RATE)).samples,
    (await readWave(inverted)).samples,
  ];
  for (const samples of read) assert.ok(largestDifference(samples, left) < 1e-4);
  assert.match(notes.join(), /cancel each other/);
  const check = await checkSound(inverted);
  assert.ok(check.usable);
  assert.equal(check.notes, notes);
  const loaded = await loadSounds(folder, { sampleRate: RATE, seed: 1 });
  assert.match(loaded.notes.join("\n"), /cancel each other/);
});

test.run();
