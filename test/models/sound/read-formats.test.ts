/** What is read is right: against samples by formula, for every kind that the tests write or that lies in test/fixtures/sound. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wholeSound } from "../../../tools/fuzz/whole-sound.ts";
import { largestDifference } from "../../dsp/signals.ts";
import {
  aiff,
  au,
  caf,
  chunk,
  joined,
  little,
  riff,
  samples,
  telephone,
  wave64,
  wavFormat,
} from "./sound-files.ts";
import { likeness, sweep } from "./sounds.ts";

const folder = mkdtempSync(join(tmpdir(), "read-formats-"));
test.after(() => rmSync(folder, { recursive: true }));

const RATE = 8000;
const sound = sweep(RATE, 0.05);

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function read(name: string, bytes: Uint8Array): Promise<Float32Array> {
  const { channels, sampleRate, notes } = await wholeSound(file(name, bytes));
  assert.equal([channels.length, sampleRate, notes], [1, RATE, []], name);
  assert.is(channels[0].length, sound.length, name);
  return channels[0];
}

const PCM = ["s8", "u8", "s16", "s24", "s32", "f32", "f64"] as const;
const bitsOf = (encoding: string) => Number(encoding.slice(1));
const stepOf = (encoding: string) => (encoding.startsWith("f") ? 1e-7 : 2 ** (1 - bitsOf(encoding)));
const FLOAT = 1;
const LITTLE = 2;

/** Every way that PCM stands in a file: name, encoding, file. */
function pcmFiles(): [string, string, Buffer][] {
  const files: [string, string, Buffer][] = [];
  for (const encoding of PCM) {
    const bits = bitsOf(encoding);
    const isFloat = encoding.startsWith("f");
    const [inLittle, inBig] = [samples(sound, encoding, false), samples(sound, encoding, true)];
    const wav = wavFormat({ tag: isFloat ? 3 : 1, bits });
    // WAV's 8 bits are unsigned, all others are signed.
    if (encoding !== "s8") {
      files.push([`${encoding}.wav`, encoding, riff([wav, chunk("data", inLittle)])]);
      files.push([
        `${encoding}.w64`,
        encoding,
        wave64([
          ["fmt ", wav.subarray(8)],
          ["data", inLittle],
        ]),
      ]);
      const sizes = chunk(
        "ds64",
        joined(little(0, 8), little(inLittle.length, 8), little(0, 8), little(0, 4)),
      );
      for (const id of ["RF64", "BW64"]) {
        const bytes = riff([sizes, wav, chunk("data", inLittle, 0xffff_ffff)], 0xffff_ffff, id);
        files.push([`${id}-${encoding}.wav`, encoding, bytes]);
      }
    }
    if (encoding !== "u8") {
      const flags = isFloat ? FLOAT : 0;
      const shape = { bytesPerPacket: bits / 8, bits };
      files.push([`${encoding}-big.caf`, encoding, caf(inBig, { ...shape, flags })]);
      files.push([`${encoding}-little.caf`, encoding, caf(inLittle, { ...shape, flags: flags | LITTLE })]);
      const code = { s8: 2, s16: 3, s24: 4, s32: 5, f32: 6, f64: 7 }[encoding];
      files.push([`${encoding}.au`, encoding, au(inBig, code)]);
    }
    if (isFloat) {
      for (const codec of [`fl${bits}`, `FL${bits}`]) {
        files.push([`${codec}.aifc`, encoding, aiff(inBig, { codec, bits })]);
      }
    } else if (encoding === "u8") {
      files.push(["raw.aifc", encoding, aiff(inBig, { codec: "raw ", bits })]);
    } else {
      files.push([`${encoding}.aiff`, encoding, aiff(inBig, { bits })]);
      for (const codec of ["NONE", "twos"])
        files.push([`${codec}-${encoding}.aifc`, encoding, aiff(inBig, { codec, bits })]);
      files.push([`sowt-${encoding}.aifc`, encoding, aiff(inLittle, { codec: "sowt", bits })]);
      if (bits === 24 || bits === 32) {
        files.push([`in${bits}.aifc`, encoding, aiff(inBig, { codec: `in${bits}`, bits })]);
        files.push([
          `ni${bits}.aifc`,
          encoding,
          aiff(inLittle, { codec: bits === 24 ? "42ni" : "23ni", bits }),
        ]);
      }
    }
  }
  return files;
}

for (const [name, encoding, bytes] of pcmFiles()) {
  test(`PCM as in ${name}`, async () => {
    assert.ok(largestDifference(await read(name, bytes), sound) <= stepOf(encoding), name);
  });
}

for (const law of ["ulaw", "alaw"] as const) {
  const data = telephone(sound, law);
  const files: [string, Buffer][] = [
    [`${law}.wav`, riff([wavFormat({ tag: law === "ulaw" ? 7 : 6, bits: 8 }), chunk("data", data)])],
    [
      `${law}.w64`,
      wave64([
        ["fmt ", wavFormat({ tag: law === "ulaw" ? 7 : 6, bits: 8 }).subarray(8)],
        ["data", data],
      ]),
    ],
    [`${law}.aifc`, aiff(data, { codec: law, bits: 8 })],
    [`${law}-upper.aifc`, aiff(data, { codec: law.toUpperCase(), bits: 8 })],
    [`${law}.caf`, caf(data, { format: law, bytesPerPacket: 1, bits: 8 })],
    [`${law}.au`, au(data, law === "ulaw" ? 1 : 27)],
  ];
  for (const [name, bytes] of files) {
    test(`the telephone's law in ${name}`, async () => {
      const given = await read(name, bytes);
      // A segment's step is a sixteenth of it or finer.
      assert.ok(
        given.every((value, n) => Math.abs(value - sound[n]) < 0.002 + Math.abs(sound[n]) / 32),
        name,
      );
    });
  }
}

test("as many channels as there are stay apart and in order", async () => {
  for (let count = 1; count <= 8; count++) {
    const values = Float32Array.from({ length: count * 50 }, (_, n) => (n % count) / 16 + 1 / 64);
    const data = samples(values, "s16", false);
    const bytes = riff([wavFormat({ channels: count }), chunk("data", data)]);
    for (const given of [bytes, aiff(samples(values, "s16", true), { bits: 16, channels: count })]) {
      const { channels } = await wholeSound(file(`${count}.wav`, given));
      assert.equal([channels.length, channels[0].length], [count, 50]);
      for (const [c, channel] of channels.entries())
        assert.ok(channel.every((value) => value === c / 16 + 1 / 64));
    }
  }
});

const FFMPEG = spawnSync("ffmpeg", ["-version"]).status === 0;
const AAC = await import("node-web-audio-api").then(
  () => true,
  () => FFMPEG,
);
interface Expected {
  readonly rate?: number;
  /** Seconds of silence before the sound, exactly. */
  readonly late?: number;
  /** Samples that the encoder put before it, which nobody can tell from sound. */
  readonly delay?: number;
  /** What the encoder made it quieter by: LAME leaves room for what decoders overshoot. */
  readonly level?: number;
  readonly needs?: boolean;
}
const FIXTURES: Record<string, Expected> = {
  "ima.wav": {},
  "ima-stereo.wav": {},
  "microsoft.wav": {},
  "microsoft-stereo.wav": {},
  "gsm.wav": { needs: FFMPEG },
  "mp3.wav": { rate: 16_000, delay: 1105, level: 0.95 },
  "ima4.aiff": {},
  "ima4.caf": {},
  "lossless.caf": { needs: FFMPEG },
  "speex.spx": { delay: 80, needs: FFMPEG },
  "blocks.flac": {},
  "blocks.oga": {},
  "lame.mp3": { rate: 16_000, level: 0.95 },
  "plain.mp3": { rate: 16_000, delay: 1105, level: 0.95 },
  "layer2.mp2": { rate: 16_000, delay: 481 },
  "adts.aac": { rate: 16_000, delay: 1024, needs: AAC },
  "sowt.mov": {},
  "flac.mp4": {},
  "late.m4a": { rate: 16_000, late: 0.25, needs: AAC },
  "pcm.mkv": {},
};

for (const [name, { rate = RATE, late = 0, delay = 0, level = 1, needs = true }] of Object.entries(
  FIXTURES,
)) {
  (needs ? test : test.skip)(
    `${name} sounds as what it was made from, at its level and its time`,
    async () => {
      const path = fileURLToPath(new URL(`../../fixtures/sound/${name}`, import.meta.url));
      const { channels, sampleRate, notes } = await wholeSound(path);
      assert.equal([sampleRate, notes], [rate, []]);
      const before = delay + late * rate;
      const wanted = sweep(rate, 0.25);
      for (const [c, channel] of channels.entries()) {
        const given = channel.subarray(before, before + wanted.length);
        assert.is(given.length, wanted.length, `${channel.length} samples`);
        const { correlation, gain, shift } = likeness(given, wanted, 40);
        assert.ok(
          correlation >= (name === "speex.spx" || name === "gsm.wav" ? 0.95 : 0.99),
          `${correlation}, ${shift}`,
        );
        const wantedGain = level / (1 + c);
        assert.ok(
          Math.abs(gain / wantedGain - 1) < (correlation < 0.995 ? 0.2 : 0.02),
          `gain ${gain} of ${c}`,
        );
        assert.ok(channel.subarray(0, Math.max(0, late * rate - 1200)).every((value) => value === 0));
      }
    },
  );
}

test("a free format's frames, of which no library here makes sound, are refused rather than noise", async () => {
  const free = readFileSync(new URL("../../fixtures/sound/plain.mp3", import.meta.url));
  // 64 kbit/s at 16 kHz: 288 bytes a frame.
  for (let at = 0; at < free.length; at += 288) free[at + 2] &= 0x0f;
  const said = await wholeSound(file("free.mp3", free)).catch(String);
  assert.match(String(said), /free\.mp3 can't be read: it is MP3 in free format.*lame --decode/);
});

test.run();
