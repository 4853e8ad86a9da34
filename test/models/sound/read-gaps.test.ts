/** Sound in containers stays at its time: what is missing by their clock is silence, and what is cut off costs only what is missing. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ALL_FORMATS,
  type AudioCodec,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  Input,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from "mediabunny";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wholeSound } from "../../../tools/fuzz/whole-sound.ts";
import { largestDifference } from "../../dsp/signals.ts";

const folder = mkdtempSync(join(tmpdir(), "read-gaps-"));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

const CONTAINERS = {
  webm: () => new WebMOutputFormat(),
  mkv: () => new MkvOutputFormat(),
  mp4: () => new Mp4OutputFormat(),
};

/** The fixture's packets in another container, later by `late` seconds, those from `from` on by `gap` more. */
async function moved(
  name: string,
  kind: keyof typeof CONTAINERS,
  { late = 0, from = 0, gap = 0 },
): Promise<Uint8Array> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(fixture(name)) });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  assert.ok(track && config);
  const target = new BufferTarget();
  const output = new Output({ format: CONTAINERS[kind](), target });
  const source = new EncodedAudioPacketSource((await track.getCodec()) as AudioCodec);
  output.addAudioTrack(source);
  await output.start();
  let meta: { decoderConfig: AudioDecoderConfig } | undefined = { decoderConfig: config };
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const timestamp = packet.timestamp + late + (packet.timestamp >= from ? gap : 0);
    await source.add(packet.clone({ timestamp }), meta);
    meta = undefined;
  }
  await output.finalize();
  return new Uint8Array(target.buffer as ArrayBuffer);
}

/** Where and how long the longest stretch of zeros is, in samples. */
function longestSilence(samples: Float32Array): { at: number; length: number } {
  let longest = { at: 0, length: 0 };
  for (let at = 0, start = 0; at < samples.length; at++) {
    if (samples[at] !== 0) start = at + 1;
    else if (at + 1 - start > longest.length) longest = { at: start, length: at + 1 - start };
  }
  return longest;
}

const SOURCES: readonly (readonly [name: string, kind: keyof typeof CONTAINERS])[] = [
  ["dsp/tone.webm", "webm"],
  ["dsp/tone.webm", "mp4"],
  ["sound/pcm.mkv", "mkv"],
  ["sound/flac.mp4", "mp4"],
  ["sound/flac.mp4", "mkv"],
];

for (const [name, kind] of SOURCES) {
  test(`a gap in ${kind} with the sound of ${name} is silence of its length`, async () => {
    const whole = await wholeSound(file("whole", await moved(name, kind, {})));
    const rate = whole.sampleRate;
    for (const gap of [0.1, 0.5, 3]) {
      const { channels, notes } = await wholeSound(file("gap", await moved(name, kind, { from: 0.1, gap })));
      assert.equal(notes, []);
      const longer = channels[0].length - whole.channels[0].length;
      assert.ok(Math.abs(longer - gap * rate) < 0.003 * rate, `${longer / rate} s for ${gap}`);
      const { at, length } = longestSilence(channels[0]);
      assert.ok(Math.abs(length - gap * rate) < 0.003 * rate, `${length / rate} s for ${gap}`);
      const before = largestDifference(channels[0].subarray(0, at), whole.channels[0].subarray(0, at));
      const after = largestDifference(channels[0].subarray(at + length), whole.channels[0].subarray(at));
      assert.ok(before === 0 && after === 0, `${before} before, ${after} after`);
    }
  });

  test(`what begins late in ${kind} with the sound of ${name} begins with silence`, async () => {
    const whole = await wholeSound(file("whole", await moved(name, kind, {})));
    for (const late of [0.25, 2]) {
      const { channels, sampleRate } = await wholeSound(file("late", await moved(name, kind, { late })));
      const silent = channels[0].length - whole.channels[0].length;
      assert.ok(Math.abs(silent - late * sampleRate) < 0.003 * sampleRate, `${silent / sampleRate} s`);
      assert.ok(channels[0].subarray(0, silent).every((value) => value === 0));
      assert.is(largestDifference(channels[0].subarray(silent), whole.channels[0]), 0);
    }
  });
}

test("what an edit list cuts off is not heard", async () => {
  for (const [name, kind] of SOURCES) {
    if (kind !== "mp4") continue;
    const whole = await wholeSound(file("whole", await moved(name, kind, {})));
    const { channels, sampleRate } = await wholeSound(
      file("edited", await moved(name, kind, { late: -0.1 })),
    );
    const cut = whole.channels[0].length - channels[0].length;
    assert.ok(Math.abs(cut - 0.1 * sampleRate) < 0.01 * sampleRate, `${name}: ${cut / sampleRate} s`);
    assert.is(largestDifference(channels[0], whole.channels[0].subarray(cut)), 0);
  }
});

test("the clock of a stream that was cut out is told, and no hours of silence stand in front", async () => {
  const { channels, notes } = await wholeSound(
    file("cut-out.mkv", await moved("sound/pcm.mkv", "mkv", { late: 7200 })),
  );
  assert.is(channels[0].length, 2000);
  assert.match(notes.join(), /cut-out\.mkv begins at 7200 s of its clock/);
});

test("a recording that was cut off within a cluster loses only what is missing", async () => {
  for (const name of ["dsp/tone.webm", "sound/pcm.mkv"]) {
    const bytes = fixture(name);
    const whole = (await wholeSound(file("whole.mkv", bytes))).channels[0];
    for (const share of [0.6, 0.8, 0.95]) {
      const cut = file("cut.mkv", bytes.subarray(0, Math.floor(share * bytes.length)));
      const { channels, notes } = await wholeSound(cut);
      assert.match(notes.join(), /cut\.mkv is cut off/);
      assert.ok(channels[0].length <= whole.length && channels[0].length > (share - 0.55) * whole.length);
      assert.is(largestDifference(channels[0], whole.subarray(0, channels[0].length)), 0);
    }
  }
});

const FFMPEG = spawnSync("ffmpeg", ["-version"]).status === 0;

(FFMPEG ? test : test.skip)("it is the same where ffmpeg decodes", async () => {
  const lossless = join(folder, "lossless.m4a");
  const words = ["-v", "error", "-i", join(folder, "pcm.mkv"), "-c:a", "alac", lossless];
  file("pcm.mkv", fixture("sound/pcm.mkv"));
  assert.is(spawnSync("ffmpeg", words).status, 0);
  const whole = (await wholeSound(lossless)).channels[0];
  assert.is(whole.length, 2000);
  const late = join(folder, "late.m4a");
  const copy = ["-v", "error", "-itsoffset", "0.5", "-i", lossless, "-c", "copy", late];
  assert.is(spawnSync("ffmpeg", copy).status, 0);
  const { channels } = await wholeSound(late);
  assert.is(channels[0].length, 2000 + 4000);
  assert.is(largestDifference(channels[0].subarray(4000), whole), 0);
});

test.run();
