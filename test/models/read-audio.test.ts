import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import decode from "audio-decode";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resample, toMono, writeWav } from "../../dsp/index.ts";
import { moovFirst } from "../../models/data/moov-first.ts";
import { AudioFileError, readAudio, readMono } from "../../models/data/read-audio.ts";
import { largestDifference, noise } from "../dsp/signals.ts";

const folder = mkdtempSync(join(tmpdir(), "read-audio-"));
test.after(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/dsp/${name}`, import.meta.url));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Amplitude of a tone in the middle of the samples. */
function amplitude(samples: Float32Array, hz: number, rate: number): number {
  const from = Math.floor(samples.length / 4);
  const count = Math.round((10 * rate) / hz);
  let re = 0;
  let im = 0;
  for (let n = 0; n < count; n++) {
    re += samples[from + n] * Math.cos((2 * Math.PI * hz * n) / rate);
    im += samples[from + n] * Math.sin((2 * Math.PI * hz * n) / rate);
  }
  return (2 * Math.hypot(re, im)) / count;
}

async function refusal(path: string): Promise<string> {
  const reasons: string[] = [];
  for (const read of [() => readAudio(path), () => readMono(path, 16_000)]) {
    try {
      await read();
    } catch (error) {
      assert.instance(error, AudioFileError, String(error));
      reasons.push((error as Error).message);
      continue;
    }
    assert.unreachable(`${path} was read`);
  }
  assert.is(reasons[0], reasons[1]);
  assert.match(reasons[0], path);
  return reasons[0];
}

const KINDS = ["mp3", "ogg", "opus", "flac", "m4a", "aiff", "webm"];

for (const kind of KINDS) {
  test(`decodes ${kind}`, async () => {
    const path = fixture(`tone.${kind}`);
    const { channels, sampleRate, notes } = await readAudio(path);
    assert.equal(notes, []);
    assert.is(channels.length, 1);
    assert.ok(Math.abs(channels[0].length / sampleRate - 0.5) < 0.06, `${channels[0].length / sampleRate} s`);
    assert.ok(Math.abs(amplitude(channels[0], 440, sampleRate) - 0.5) < 0.05);

    const mono = await readMono(path, 16_000);
    assert.is(mono.sampleRate, 16_000);
    assert.is(largestDifference(mono.samples, resample(channels[0], sampleRate, 16_000)), 0);
  });

  test(`${kind} that is cut off or damaged gives what is there or a named error`, async () => {
    const whole = readFileSync(fixture(`tone.${kind}`));
    for (const length of [16, 60, 500, whole.length >> 1]) {
      const path = file(`cut.${kind}`, whole.subarray(0, length));
      try {
        const { channels } = await readAudio(path);
        assert.ok(channels[0].length > 0 && channels[0].every(Number.isFinite));
      } catch (error) {
        assert.instance(error, AudioFileError, `${length} bytes: ${error}`);
      }
    }
  });
}

test("stereo stays stereo where the decoder begins with one channel", async () => {
  const { channels, sampleRate } = await readAudio(fixture("tone-stereo.mp3"));
  assert.is(channels.length, 2);
  assert.is(channels[0].length, channels[1].length);
  assert.ok(amplitude(channels[0], 440, sampleRate) > 0.45 && amplitude(channels[0], 660, sampleRate) < 0.05);
  assert.ok(amplitude(channels[1], 660, sampleRate) > 0.45 && amplitude(channels[1], 440, sampleRate) < 0.05);
});

test("the kind is told by the bytes, whatever the name", async () => {
  const path = file("really-flac.wav", readFileSync(fixture("tone.flac")));
  assert.is((await readAudio(path)).sampleRate, 44_100);
});

/** CRC of FLAC's headers (8 bits) and frames (16 bits), most significant bit first. */
function crc(bytes: Uint8Array, bits: 8 | 16, polynomial: number): number {
  const top = 1 << (bits - 1);
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
    value &= 2 * top - 1;
  }
  return value;
}

/** Uncompressed mono FLAC at 16 kHz in blocks of 4096 samples (a multiple of them), first frame at `firstFrame`. */
function verbatimFlac(samples: Int16Array, firstFrame: number): Uint8Array {
  const info = Buffer.alloc(38);
  info.set([0, 0, 0, 34, 0x10, 0, 0x10, 0], 0);
  // 20 bits of rate, 3 of channels - 1, 5 of sample size - 1, 36 of length.
  info.writeUInt32BE(((16_000 << 12) | (15 << 4)) >>> 0, 14);
  info.writeUInt32BE(samples.length, 18);
  const padding = Buffer.alloc(firstFrame - 4 - info.length);
  padding.writeUInt32BE(0x8100_0000 + padding.length - 4);
  const parts = [Buffer.from("fLaC"), info, padding];
  for (let start = 0; start < samples.length; start += 4096) {
    const frame = Buffer.alloc(7 + 2 * 4096);
    // Fixed blocks, 4096 samples, 16 kHz, mono, 16 bits, number of the frame (below 128); verbatim.
    frame.set([0xff, 0xf8, 0xc5, 0x08, start / 4096]);
    frame[5] = crc(frame.subarray(0, 5), 8, 0x07);
    frame[6] = 0x02;
    for (let n = 0; n < 4096; n++) frame.writeInt16BE(samples[start + n], 7 + 2 * n);
    const footer = Buffer.alloc(2);
    footer.writeUInt16BE(crc(frame, 16, 0x8005));
    parts.push(frame, footer);
  }
  return Buffer.concat(parts);
}

test("no sample of a FLAC is lost where a piece of the file ends within a frame's header", async () => {
  const samples = Int16Array.from(noise(40 * 4096, 6), (value) => 30_000 * value);
  // The reader takes 256 KiB at a time; frame 31 begins shortly before, at or behind that place.
  for (let before = 0; before < 7; before++) {
    const path = file("given.flac", verbatimFlac(samples, 2 ** 18 - before - 31 * (9 + 2 * 4096)));
    const { channels, sampleRate } = await readAudio(path);
    assert.equal(
      [channels.length, channels[0].length, sampleRate],
      [1, samples.length, 16_000],
      `${before} bytes`,
    );
    assert.ok(channels[0].every((value, n) => Math.abs(value - samples[n] / 32_768) < 1e-4));
  }
});

test("an M4A whose index is at its end decodes as if it were in memory", async () => {
  const path = fixture("tone.m4a");
  const bytes = readFileSync(path);
  assert.ok(bytes.indexOf("moov") > bytes.indexOf("mdat"), "the fixture has its index at the end");
  const whole = await decode(bytes);
  const { channels } = await readAudio(path);
  assert.is(largestDifference(channels[0], whole.channelData[0]), 0);

  const first = moovFirst({
    size: bytes.length,
    read: (start, length) => bytes.subarray(start, start + length),
  });
  const ordered = first.read(0, first.size);
  assert.is(ordered.length, bytes.length);
  assert.is(Buffer.from(ordered).indexOf("moov"), 4);
  assert.is(largestDifference((await (await decode.m4a())(ordered)).channelData[0], whole.channelData[0]), 0);
  for (const [start, length] of [
    [0, 1],
    [100, 1500],
    [700, 9999],
    [bytes.length, 5],
  ]) {
    assert.equal(first.read(start, length), ordered.subarray(start, start + length));
  }
});

test("an M4A without its index says what is missing", async () => {
  const bytes = readFileSync(fixture("tone.m4a"));
  assert.match(await refusal(file("cut.m4a", bytes.subarray(0, bytes.length - 300))), "its index is missing");
});

test("WAV of any length and rate is read piece by piece without a seam", async () => {
  for (const [rate, length] of [
    [8000, 1],
    [44_100, 4410],
    [48_000, 150_001],
    [192_000, 200_000],
  ]) {
    const given = [noise(length, 1), noise(length, 2)];
    const path = file("given.wav", writeWav(given, rate, "float32"));
    const { channels, sampleRate, notes } = await readAudio(path);
    assert.equal([channels.length, sampleRate, notes], [2, rate, []]);
    assert.is(largestDifference(channels[0], given[0]) + largestDifference(channels[1], given[1]), 0);
    const mono = await readMono(path, 16_000);
    assert.is(mono.samples.length, Math.ceil((length * 16_000) / rate));
    assert.is(largestDifference(mono.samples, resample(toMono(given), rate, 16_000)), 0);
  }
});

test("samples that are no numbers are silenced and told", async () => {
  const samples = noise(1000, 3);
  samples[5] = Number.NaN;
  samples[500] = Number.POSITIVE_INFINITY;
  const { channels, notes } = await readAudio(file("nan.wav", writeWav([samples], 16_000, "float32")));
  assert.equal([channels[0][5], channels[0][500], channels[0][6]], [0, 0, samples[6]]);
  assert.match(notes.join(), /held 2 samples that are no numbers/);
});

test("a cut-off WAV gives what is there and tells it", async () => {
  const whole = writeWav([noise(1000, 4)], 16_000);
  const { channels, notes } = await readAudio(file("cut.wav", whole.subarray(0, 44 + 501)));
  assert.is(channels[0].length, 250);
  assert.match(notes.join(), /cut.wav is cut off/);
});

test("an hour is not read where a second is wanted, and a note tells so", async () => {
  const path = file("hour.wav", writeWav([new Float32Array(1), new Float32Array(1)], 48_000));
  const header = readFileSync(path).subarray(0, 44);
  header.writeUInt32LE(3600 * 48_000 * 4, 40);
  writeFileSync(path, header);
  // A sparse file: it has the length of an hour and takes no room.
  truncateSync(path, 44 + 3600 * 48_000 * 4);
  const before = process.memoryUsage().arrayBuffers;
  const { channels, notes } = await readAudio(path, { maxSeconds: 1 });
  assert.is(channels[0].length, 48_000);
  assert.match(notes.join(), /longer than 1 s/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20e6);
  const mono = await readMono(path, 16_000, { maxSeconds: 1.5 });
  assert.is(mono.samples.length, 24_000);
});

test("what can't be read is refused by name, with what was found", async () => {
  assert.match(await refusal(join(folder, "missing.wav")), "there is no such file");
  assert.match(await refusal(folder), "is a folder");
  assert.match(await refusal(file("empty.wav", "")), "it is empty");
  assert.match(await refusal(file("text.wav", "Dear diary")), 'text that begins "Dear diary"');
  assert.match(await refusal(file("text.mp3", "Dear diary")), 'text that begins "Dear diary"');
  assert.match(
    await refusal(file("silent.mp3", Uint8Array.of(0xff, 0xfb, 0x90, 0))),
    "no sound that can be decoded",
  );
  assert.match(
    await refusal(file("no-samples.wav", writeWav([new Float32Array(0)], 16_000))),
    "without a single",
  );
  const odd = writeWav([noise(8, 5)], 16_000);
  odd[24] = 3;
  odd[25] = 0;
  assert.match(
    (await readMono(file("odd.wav", odd), 16_000).catch(String)) as string,
    "3 Hz can't be converted",
  );
});

test("a named pipe does not hang the reader", async () => {
  const path = join(folder, "pipe.wav");
  try {
    execFileSync("mkfifo", [path]);
  } catch {
    return; // No named pipes here.
  }
  assert.match(await refusal(path), "no plain file");
});

test.run();
