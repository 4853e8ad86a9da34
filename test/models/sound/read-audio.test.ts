import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resample, toMono, writeWav } from "../../../dsp/index.ts";
import { aacDecoder } from "../../../models/sound/aac-node.ts";
import { AudioFileError, readMono } from "../../../models/sound/read-audio.ts";
import { wholeSound } from "../../../tools/fuzz/whole-sound.ts";
import { largestDifference, noise } from "../../dsp/signals.ts";

const folder = mkdtempSync(join(tmpdir(), "read-audio-"));
test.after(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/dsp/${name}`, import.meta.url));

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
  for (const read of [() => wholeSound(path), () => readMono(path, 16_000)]) {
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

// AAC needs an optional package that does not run everywhere (it wants ALSA's library on Linux), or ffmpeg.
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const hasAacPackage = await import("node-web-audio-api").then(
  () => true,
  () => false,
);

for (const kind of KINDS) {
  const readable = kind !== "m4a" || hasAacPackage || hasFfmpeg;
  (readable ? test : test.skip)(`decodes ${kind}`, async () => {
    const path = fixture(`tone.${kind}`);
    const { channels, sampleRate, notes } = await wholeSound(path);
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
        const { channels } = await wholeSound(path);
        assert.ok(channels[0].length > 0 && channels[0].every(Number.isFinite));
      } catch (error) {
        assert.instance(error, AudioFileError, `${length} bytes: ${error}`);
      }
    }
  });
}

test("stereo stays stereo where the decoder begins with one channel", async () => {
  const { channels, sampleRate } = await wholeSound(fixture("tone-stereo.mp3"));
  assert.is(channels.length, 2);
  assert.is(channels[0].length, channels[1].length);
  assert.ok(amplitude(channels[0], 440, sampleRate) > 0.45 && amplitude(channels[0], 660, sampleRate) < 0.05);
  assert.ok(amplitude(channels[1], 660, sampleRate) > 0.45 && amplitude(channels[1], 440, sampleRate) < 0.05);
});

test("the kind is told by the bytes, whatever the name", async () => {
  const path = file("really-flac.wav", readFileSync(fixture("tone.flac")));
  assert.is((await wholeSound(path)).sampleRate, 44_100);
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
    const { channels, sampleRate } = await wholeSound(path);
    assert.equal(
      [channels.length, channels[0].length, sampleRate],
      [1, samples.length, 16_000],
      `${before} bytes`,
    );
    assert.ok(channels[0].every((value, n) => Math.abs(value - samples[n] / 32_768) < 1e-4));
  }
});

(hasAacPackage ? test : test.skip)("AAC decoded packet by packet has no seams", async () => {
  const input = new Input({ formats: [MP4], source: new BufferSource(readFileSync(fixture("tone.m4a"))) });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  assert.ok(track && config);
  const packets: Uint8Array[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet.data);
  assert.ok(packets.length > 20);
  const atOnce = await (await aacDecoder(config, 0)).decode(packets);
  const decoder = await aacDecoder(config, 0);
  for (const [n, packet] of packets.entries()) {
    const { channelData } = await decoder.decode([packet]);
    assert.is(channelData[0].length, 1024);
    // Noise that the encoder only described is made anew, hence the tolerance; a seam would be some 0.5 high.
    const same = atOnce.channelData[0].subarray(n * 1024, (n + 1) * 1024);
    assert.ok(largestDifference(channelData[0], same) < 0.01, `packet ${n}`);
  }
});

test("an M4A, its index at its end, begins and ends where the sound that was encoded did", async () => {
  const bytes = readFileSync(fixture("tone.m4a"));
  assert.ok(bytes.indexOf("moov") > bytes.indexOf("mdat"), "the fixture has its index at the end");
  if (!hasAacPackage) return;
  const { channels, sampleRate } = await wholeSound(fixture("tone.m4a"));
  assert.equal([sampleRate, channels[0].length], [44_100, 22_050]);
  // The FLAC is of the same half second; this encoder added noise in other parts of it.
  const { channels: same } = await wholeSound(fixture("tone.flac"));
  assert.ok(largestDifference(channels[0].subarray(3000, 5500), same[0].subarray(3000, 5500)) < 0.02);
});

/** An M4A said to be HE-AAC, for which there is no library. */
function heAac(): string {
  const bytes = readFileSync(fixture("tone.m4a"));
  const description = bytes.indexOf(Uint8Array.of(0x12, 0x08, 0x56, 0xe5));
  assert.ok(description > 0);
  bytes[description] = (5 << 3) | (bytes[description] & 7);
  return file("he-aac.m4a", bytes);
}

/** Runs `action` where `ffmpeg` is a script of ours, or not to be found at all. */
async function withFfmpeg<T>(script: string | undefined, action: () => Promise<T>): Promise<T> {
  const commands = join(folder, "commands");
  rmSync(commands, { recursive: true, force: true });
  mkdirSync(commands);
  if (script !== undefined) {
    writeFileSync(join(commands, "ffmpeg"), `#!${process.execPath}\n${script}\n`);
    chmodSync(join(commands, "ffmpeg"), 0o755);
  }
  const before = process.env["PATH"];
  process.env["PATH"] = commands;
  try {
    return await action();
  } finally {
    process.env["PATH"] = before;
  }
}

test("a codec no library knows is named where there is no ffmpeg, with what to do", async () => {
  const reason = await withFfmpeg(undefined, () => refusal(heAac()));
  assert.match(reason, /mp4a\.40\.5.*no ffmpeg on the PATH; install ffmpeg, or convert/);
});

// What stands for ffmpeg here is a script, which Windows does not run.
const testScripts = process.platform === "win32" ? test.skip : test;

testScripts("a codec no library knows is read through ffmpeg", async () => {
  // 4 bytes a sample; the pieces end within samples.
  const script = `
    const bytes = Buffer.from(Float32Array.from({ length: 50_000 }, (_, n) => n / 65_536).buffer);
    for (let at = 0; at < bytes.length; at += 9_999) require("fs").writeSync(1, bytes.subarray(at, at + 9_999));`;
  const path = heAac();
  const { channels } = await withFfmpeg(script, () => wholeSound(path));
  assert.equal([channels.length, channels[0].length], [1, 50_000]);
  assert.ok(channels[0].every((value, n) => value === n / 65_536));
});

testScripts("what ffmpeg put up with is told", async () => {
  const script = `
    process.stdout.write(Buffer.alloc(40_000));
    console.error("partial file");`;
  const path = heAac();
  const { channels, notes } = await withFfmpeg(script, () => wholeSound(path));
  assert.is(channels[0].length, 10_000);
  assert.match(notes.join(), `${path} is cut off or damaged; ffmpeg says: partial file`);
});

testScripts("what ffmpeg complains about is passed on, and it does not outlive its reader", async () => {
  const failing = 'console.error("moov atom not found"); process.exit(1);';
  assert.match(await withFfmpeg(failing, () => refusal(heAac())), "ffmpeg: moov atom not found");
  const pid = join(folder, "pid");
  const endless = `
    require("fs").writeFileSync(${JSON.stringify(pid)}, String(process.pid));
    const more = () => process.stdout.write(Buffer.alloc(65_536), more);
    more();`;
  const path = heAac();
  const { samples } = await withFfmpeg(endless, () => readMono(path, 16_000, { maxSeconds: 1 }));
  assert.is(samples.length, 16_000);
  for (let tries = 0; isRunning(Number(readFileSync(pid))); tries++) {
    assert.ok(tries < 100, "it still runs");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

(hasFfmpeg ? test : test.skip)("ffmpeg understands what it is asked", async () => {
  const path = join(folder, "lossless, really.m4a");
  execFileSync("ffmpeg", ["-v", "error", "-i", fixture("tone.flac"), "-c:a", "alac", path]);
  const [lossless, { channels, sampleRate }] = [
    await wholeSound(fixture("tone.flac")),
    await wholeSound(path),
  ];
  assert.is(sampleRate, lossless.sampleRate);
  assert.ok(largestDifference(channels[0], lossless.channels[0]) < 1 / 16_384);
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
    const { channels, sampleRate, notes } = await wholeSound(path);
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
  const { channels, notes } = await wholeSound(file("nan.wav", writeWav([samples], 16_000, "float32")));
  assert.equal([channels[0][5], channels[0][500], channels[0][6]], [0, 0, samples[6]]);
  assert.match(notes.join(), /held 2 samples that are no numbers/);
});

test("a cut-off WAV gives what is there and tells it", async () => {
  const whole = writeWav([noise(1000, 4)], 16_000);
  const { channels, notes } = await wholeSound(file("cut.wav", whole.subarray(0, 44 + 501)));
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
  const { channels, notes } = await wholeSound(path, { maxSeconds: 1 });
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

test("WebM whose parts can't be found any more is refused, and does not hang", async () => {
  const bytes = readFileSync(fixture("tone.webm"));
  const segment = bytes.indexOf(Buffer.from("18538067", "hex"));
  assert.ok(segment > 0);
  const lost = Buffer.from(bytes);
  lost.fill(0, segment + 12);
  assert.match(await refusal(file("lost-parts.webm", lost)), "damaged");
  // The name of a part, and no size that could be read behind it.
  const unreadable = Buffer.from(bytes);
  const info = unreadable.indexOf(Buffer.from("1549a966", "hex"), segment + 100);
  unreadable[info + 4] = 0;
  assert.match(await refusal(file("unreadable-part.webm", unreadable)), "damaged");
});

test("a rate that is no number of samples is refused", async () => {
  const bytes = readFileSync(fixture("tone.aiff"));
  const common = bytes.indexOf("COMM");
  // The rate is an 80-bit float: this one is infinite.
  bytes.set([0x7f, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], common + 16);
  assert.match(await refusal(file("endless-rate.aiff", bytes)), "Infinity Hz");
});

test.run();
