/** Small right files of every kind that the tree reads, to be damaged. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWav } from "../../dsp/wav.ts";
import {
  au,
  caf,
  chunk,
  riff,
  samples,
  telephone,
  wave64,
  wavFormat,
} from "../../test/models/sound/sound-files.ts";

export interface AudioSeed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const FIXTURES = [
  "dsp/tone-stereo.mp3",
  "dsp/tone.aiff",
  "dsp/tone.flac",
  "dsp/tone.m4a",
  "dsp/tone.ogg",
  "dsp/tone.opus",
  "dsp/tone.webm",
  "sound/adts.aac",
  "sound/blocks.flac",
  "sound/blocks.oga",
  "sound/flac.mp4",
  "sound/ima-stereo.wav",
  "sound/ima4.aiff",
  "sound/ima4.caf",
  "sound/late.m4a",
  "sound/layer2.mp2",
  "sound/microsoft-stereo.wav",
  "sound/mp3.wav",
  "sound/pcm.mkv",
  "sound/plain.mp3",
  "sound/sowt.mov",
];
/** Kinds without a fixture, as ffmpeg makes them where it is installed: file name and options. */
const BY_FFMPEG: readonly (readonly [string, ...string[]])[] = [
  ["tone.wma", "-c:a", "wmav2"],
  ["tone.aac", "-c:a", "aac"],
  ["tone.oga", "-c:a", "flac", "-f", "ogg"],
  ["tone.mka", "-c:a", "pcm_s16le"],
];

/** The same files at every call on the same machine. */
export function audioSeeds(): AudioSeed[] {
  const seeds: AudioSeed[] = FIXTURES.map((file) => ({
    name: basename(file),
    bytes: readFileSync(fileURLToPath(new URL(`../../test/fixtures/${file}`, import.meta.url))),
  }));
  const tone = Float32Array.from({ length: 1600 }, (_, n) => 0.5 * Math.sin(n * 0.17));
  seeds.push(
    { name: "int16.wav", bytes: Buffer.from(writeWav([tone, tone], 16_000)) },
    { name: "float32.wav", bytes: Buffer.from(writeWav([tone], 48_000, "float32")) },
    { name: "extensible.wav", bytes: Buffer.from(extensibleWav(tone)) },
    { name: "tone.caf", bytes: caf(samples(tone, "s16", true), { bytesPerPacket: 2, bits: 16 }) },
    { name: "tone.au", bytes: au(telephone(tone, "ulaw"), 1) },
    {
      name: "tone.w64",
      bytes: wave64([
        ["fmt ", wavFormat().subarray(8)],
        ["data", samples(tone, "s16", false)],
      ]),
    },
    {
      name: "telephone.wav",
      bytes: riff([wavFormat({ tag: 6, bits: 8 }), chunk("data", telephone(tone, "alaw"))]),
    },
  );
  return [...seeds, ...madeByFfmpeg(writeWav([tone], 16_000))];
}

function madeByFfmpeg(wav: Uint8Array): AudioSeed[] {
  const folder = mkdtempSync(join(tmpdir(), "listenable-fuzz-seeds-"));
  try {
    const input = join(folder, "tone.wav");
    writeFileSync(input, wav);
    return BY_FFMPEG.flatMap(([name, ...options]) => {
      const output = join(folder, name);
      const exact = ["-fflags", "+bitexact", "-flags", "+bitexact"];
      const words = ["-loglevel", "error", "-i", input, ...exact, ...options, output];
      return spawnSync("ffmpeg", words).status === 0 ? [{ name, bytes: readFileSync(output) }] : [];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** 24 bits in an extensible format chunk, behind a chunk that nobody knows. */
function extensibleWav(samples: Float32Array): Uint8Array {
  const data = new Uint8Array(3 * samples.length);
  for (const [n, sample] of samples.entries()) {
    const value = Math.round(sample * 0x7f_ffff);
    data.set([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff], 3 * n);
  }
  const format = new DataView(new ArrayBuffer(40));
  format.setUint16(0, 0xfffe, true);
  format.setUint16(2, 1, true);
  format.setUint32(4, 44_100, true);
  format.setUint32(8, 3 * 44_100, true);
  format.setUint16(12, 3, true);
  format.setUint16(14, 24, true);
  format.setUint16(16, 22, true);
  format.setUint16(18, 24, true);
  format.setUint16(24, 1, true);
  const size = (bytes: number) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, bytes, true);
    return Buffer.from(view.buffer);
  };
  const chunk = (id: string, body: Uint8Array) => Buffer.concat([Buffer.from(id), size(body.length), body]);
  const chunks = Buffer.concat([
    Buffer.from("WAVE"),
    chunk("junk", new Uint8Array(10)),
    chunk("fmt ", new Uint8Array(format.buffer)),
    chunk("data", data),
  ]);
  return Buffer.concat([Buffer.from("RIFF"), size(chunks.length), chunks]);
}
