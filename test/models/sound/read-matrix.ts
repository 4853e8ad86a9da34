/**
 * Every container with every codec that ffmpeg writes, with what taggers and broken copies make of it, against what ffmpeg decodes from
 * the file that is whole: length, level, shape and place in time. Skipped where ffmpeg is not installed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { AudioFileError } from "../../../models/sound/read-audio.ts";
import { wholeSound } from "../../../tools/fuzz/whole-sound.ts";
import { apeTag, id3, id3v1, joined } from "./sound-files.ts";
import { likeness, randomBytes, sweep } from "./sounds.ts";

const folder = mkdtempSync(join(tmpdir(), "read-matrix-"));
test.after(() => rmSync(folder, { recursive: true }));

const RATE = 16_000;
const SECONDS = 0.4;

/** Codec to options; "!" in front where an ffmpeg may lack the encoder. */
type Codecs = Record<string, readonly string[]>;
const pcm = (...names: string[]): Codecs =>
  Object.fromEntries(names.map((name) => [name, ["-c:a", `pcm_${name}`]]));
const PHONE = ["-ar", "8000"];
const CONTAINERS: Record<string, Codecs> = {
  wav: {
    ...pcm("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "mulaw", "alaw"),
    rf64: ["-rf64", "always"],
    "IMA ADPCM": ["-c:a", "adpcm_ima_wav"],
    "IMA ADPCM, stereo": ["-ac", "2", "-c:a", "adpcm_ima_wav"],
    "Microsoft ADPCM": ["-c:a", "adpcm_ms"],
    "Microsoft ADPCM, stereo": ["-ac", "2", "-c:a", "adpcm_ms"],
    "!GSM": [...PHONE, "-c:a", "libgsm_ms"],
    "!MP3": ["-c:a", "libmp3lame"],
    "G.722": ["-c:a", "g722"],
    "3 channels": ["-ac", "3"],
    "8 channels": ["-ac", "8"],
    "192 kHz": ["-ar", "192000"],
  },
  w64: pcm("s16le", "s24le", "f32le", "mulaw"),
  aiff: {
    ...pcm("s8", "s16be", "s16le", "s24be", "s32be", "f32be", "f64be", "mulaw", "alaw"),
    ima4: ["-c:a", "adpcm_ima_qt"],
  },
  caf: {
    ...pcm("s8", "s16be", "s16le", "s24be", "s24le", "s32be", "s32le", "f32be", "f32le", "f64be", "f64le"),
    ...pcm("mulaw", "alaw"),
    ima4: ["-c:a", "adpcm_ima_qt"],
    ALAC: ["-c:a", "alac"],
    FLAC: ["-c:a", "flac"],
    "!GSM": [...PHONE, "-c:a", "libgsm"],
  },
  au: pcm("s8", "s16be", "s24be", "s32be", "f32be", "f64be", "mulaw", "alaw"),
  flac: {
    "16 bits": ["-sample_fmt", "s16"],
    "24 bits": ["-sample_fmt", "s32"],
    smallest: ["-compression_level", "12"],
    "short blocks": ["-frame_size", "192"],
    "8 kHz, stereo": ["-ar", "8000", "-ac", "2"],
    "96 kHz": ["-ar", "96000"],
    "8 channels": ["-ac", "8"],
  },
  ogg: {
    "!Vorbis": ["-c:a", "libvorbis", "-q:a", "8"],
    "!Opus": ["-c:a", "libopus", "-b:a", "96k"],
    FLAC: ["-c:a", "flac"],
    "!Speex": ["-c:a", "libspeex"],
  },
  webm: { "!Opus": ["-c:a", "libopus", "-b:a", "96k"], "!Vorbis": ["-c:a", "libvorbis", "-q:a", "8"] },
  mkv: {
    ...pcm("u8", "s16le", "s16be", "s24le", "f32le", "mulaw"),
    FLAC: ["-c:a", "flac"],
    ALAC: ["-c:a", "alac"],
    AAC: ["-c:a", "aac"],
    "!MP3": ["-c:a", "libmp3lame"],
    "AC-3": ["-ar", "48000", "-c:a", "ac3"],
  },
  m4a: { AAC: ["-c:a", "aac"], "AAC, stereo": ["-ac", "2", "-c:a", "aac"], ALAC: ["-c:a", "alac"] },
  mp4: {
    "AAC in fragments": ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
    FLAC: ["-c:a", "flac", "-strict", "-2"],
    // At 48 kHz: of another rate of the input ffmpeg 5.1 itself skips too little at the start.
    "!Opus": ["-ar", "48000", "-c:a", "libopus"],
  },
  mov: {
    ...pcm(
      "s8",
      "u8",
      "s16le",
      "s16be",
      "s24be",
      "s24le",
      "s32be",
      "f32be",
      "f32le",
      "f64be",
      "mulaw",
      "alaw",
    ),
    ima4: ["-c:a", "adpcm_ima_qt"],
  },
  mp3: {
    "!CBR": ["-c:a", "libmp3lame", "-b:a", "64k"],
    "!VBR": ["-c:a", "libmp3lame", "-q:a", "2"],
    "!without a head": ["-c:a", "libmp3lame", "-write_xing", "0"],
    "!44.1 kHz, stereo": ["-ar", "44100", "-ac", "2", "-c:a", "libmp3lame", "-b:a", "128k"],
  },
  mp2: { "Layer II": ["-c:a", "mp2"] },
  aac: { AAC: ["-c:a", "aac"], "AAC, stereo": ["-ar", "44100", "-ac", "2", "-c:a", "aac"] },
  wma: { "WMA 2": ["-c:a", "wmav2"] },
  wv: { WavPack: [] },
  avi: pcm("s16le"),
};

const ODDITIES: Record<string, (bytes: Buffer) => Buffer> = {
  "tags in front": (bytes) => joined(id3(300), id3(33, 33, true), apeTag(50), bytes),
  "zeros in front": (bytes) => joined(Buffer.alloc(3000), bytes),
  "tags behind": (bytes) => joined(bytes, apeTag(50), id3v1),
  "junk behind": (bytes) => joined(bytes, randomBytes(700, 5)),
};

const FFMPEG = spawnSync("ffmpeg", ["-version"]).status === 0;
const base = join(folder, "base.wav");
writeFileSync(base, writeWav([sweep(RATE, SECONDS)], RATE, "float32"));

/** Undefined where this ffmpeg has no such encoder, which only some may lack. */
function made(container: string, name: string, options: readonly string[]): string | undefined {
  const path = join(folder, `given.${container}`);
  const exact = ["-fflags", "+bitexact", "-flags", "+bitexact"];
  const { status, stderr } = spawnSync("ffmpeg", [
    "-y",
    "-v",
    "error",
    "-i",
    base,
    ...exact,
    ...options,
    path,
  ]);
  assert.ok(status === 0 || name.startsWith("!"), `${name}: ${stderr}`);
  return status === 0 ? path : undefined;
}

function decodedByFfmpeg(path: string): Float32Array {
  const words = ["-v", "error", "-i", path, "-map", "0:a:0", "-af", "pan=mono|c0=c0", "-f", "f32le", "-"];
  const bytes = execFileSync("ffmpeg", words, { maxBuffer: 1e9 });
  return new Float32Array(new Uint8Array(bytes.subarray(0, bytes.length & ~3)).buffer);
}

/** ffmpeg 5.1 leaves the padding at the end of these, as their files tell how much of the last packet is sound. */
const PADDED = /^(ogg|m4a|mp4|webm) /;

/** @param most codecs of each container, the first ones. */
export function matrixTests(most = Number.POSITIVE_INFINITY): void {
  for (const [container, codecs] of Object.entries(CONTAINERS)) {
    for (const [codec, options] of Object.entries(codecs).slice(0, most)) {
      const name = `${container} with ${codec.replace("!", "")}`;
      (FFMPEG ? test : test.skip)(`${name}, whole and odd, sounds as ffmpeg has it`, async () => {
        const path = made(container, codec, options);
        if (path === undefined) return;
        const wanted = decodedByFfmpeg(path);
        const bytes = readFileSync(path);
        const rows: [string, Buffer][] = [["as it is", bytes]];
        for (const [oddity, make] of Object.entries(ODDITIES)) rows.push([oddity, make(bytes)]);
        for (const [oddity, given] of rows) {
          writeFileSync(path, given);
          const { channels, sampleRate } = await wholeSound(path);
          // What a layout of channels does with one sound is not read by the first alone.
          const loudest =
            channels.find((each) => each.some((value) => Math.abs(value) > 0.01)) ?? channels[0];
          const reference = wanted.some((value) => Math.abs(value) > 0.01) ? wanted : loudest;
          const longer = loudest.length - wanted.length;
          assert.ok(
            Math.abs(longer) <= (PADDED.test(name) ? 0.07 * sampleRate : 1),
            `${oddity}: ${loudest.length} samples, ${wanted.length} by ffmpeg`,
          );
          const { correlation, gain, shift } = likeness(loudest, reference, 8);
          const text = `${oddity}: correlation ${correlation}, gain ${gain}, shift ${shift}`;
          assert.ok(correlation >= 0.99 && Math.abs(gain - 1) <= 0.02 && shift === 0, text);
        }
        await cutOff(path, bytes, wanted);
      });
    }
  }
}

/** A file that ends too early gives its beginning, or a reason. */
async function cutOff(path: string, bytes: Buffer, wanted: Float32Array): Promise<void> {
  for (const tenth of [1, 5, 9]) {
    writeFileSync(path, bytes.subarray(0, Math.floor((tenth * bytes.length) / 10)));
    const given = await wholeSound(path).catch((error: unknown) => error);
    if (given instanceof AudioFileError) {
      assert.match(given.message, path);
      continue;
    }
    assert.not.instance(given, Error, String(given));
    const { channels, sampleRate } = given as Awaited<ReturnType<typeof wholeSound>>;
    assert.ok(
      channels[0].length <= wanted.length + 0.07 * sampleRate,
      `${tenth} tenths: ${channels[0].length}`,
    );
    const [same, sure] = [
      wanted,
      channels[0].subarray(0, Math.max(0, channels[0].length - 0.15 * sampleRate)),
    ];
    if (sure.length < 0.05 * sampleRate || !sure.some((value) => Math.abs(value) > 0.01)) continue;
    const { correlation } = likeness(sure, same, 0);
    assert.ok(correlation > 0.98, `${tenth} tenths: correlation ${correlation}`);
  }
}
