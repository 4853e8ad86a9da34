/** Small right files of every kind that the tree reads, to be damaged. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWav } from "../../dsp/wav.ts";

export interface AudioSeed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const FIXTURES = [
  "tone-stereo.mp3",
  "tone.aiff",
  "tone.flac",
  "tone.m4a",
  "tone.ogg",
  "tone.opus",
  "tone.webm",
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
  const seeds = FIXTURES.map((name) => ({
    name,
    bytes: readFileSync(fileURLToPath(new URL(`../../test/fixtures/dsp/${name}`, import.meta.url))),
  }));
  const tone = Float32Array.from({ length: 1600 }, (_, n) => 0.5 * Math.sin(n * 0.17));
  seeds.push(
    { name: "int16.wav", bytes: Buffer.from(writeWav([tone, tone], 16_000)) },
    { name: "float32.wav", bytes: Buffer.from(writeWav([tone], 48_000, "float32")) },
    { name: "extensible.wav", bytes: Buffer.from(extensibleWav(tone)) },
    { name: "tone.caf", bytes: Buffer.from(caf(tone)) },
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

/** 16-bit PCM in Apple's Core Audio Format. */
function caf(samples: Float32Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(8 + 12 + 32 + 12 + 4));
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) header.setUint8(at + i, value.charCodeAt(i));
  };
  text(0, "caff");
  header.setUint16(4, 1);
  text(8, "desc");
  header.setBigInt64(12, 32n);
  header.setFloat64(20, 16_000);
  text(28, "lpcm");
  header.setUint32(36, 2);
  header.setUint32(40, 1);
  header.setUint32(44, 1);
  header.setUint32(48, 16);
  text(52, "data");
  header.setBigInt64(56, BigInt(4 + 2 * samples.length));
  const data = Buffer.alloc(2 * samples.length);
  for (const [n, sample] of samples.entries()) data.writeInt16BE(Math.round(sample * 32_767), 2 * n);
  return Buffer.concat([new Uint8Array(header.buffer), data]);
}
