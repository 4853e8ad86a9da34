/**
 * A radio on this machine that plays tones at known times and falls silent without closing between them, and how far
 * off the monitor dates them, with real ffmpeg.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeWav } from "../../dsp/wav.ts";
import { ffmpegInput, streamArguments } from "../../monitor/inputs/ffmpeg-input.ts";

const RATE = 16_000;
/** A section is so many seconds long, with a tone of a second in it. */
const SECTION = 7;
const TONE_AT = 4;
/** The clip of an event is there so many seconds later, and its time asked then. */
const ASKED_AFTER = 2;

const ENCODERS: Readonly<Record<string, readonly string[]>> = {
  wav: [],
  mp3: ["-b:a", "128k", "-f", "mp3"],
  aac: ["-b:a", "96k", "-f", "adts"],
  // Pages of a tenth of a second: a page is sent when it is full, and its sound is as late.
  ogg: ["-c:a", "libvorbis", "-page_duration", "100000", "-f", "ogg"],
};
export const STREAM_KINDS = Object.keys(ENCODERS);

/** Milliseconds by which each tone's time was off. */
export async function streamTimeErrors(kind: string, sections: number, pause: number): Promise<number[]> {
  const pieces = piecesOf(kind, encoded(kind, sections), SECTION * sections);
  let begun = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": kind === "ogg" ? "application/ogg" : `audio/${kind}` });
    begun = Date.now();
    void sendInTime(pieces, pause, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const told = await toneTimes(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sections);
    return told.map((time, k) => time - begun - 1000 * (k * (SECTION + pause) + TONE_AT));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Noise under it all makes every tenth of a second as many bytes. */
function encoded(kind: string, sections: number): Buffer {
  let seed = 1;
  const samples = Float32Array.from({ length: RATE * SECTION * sections }, (_, n) => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    const at = (n / RATE) % SECTION;
    const tone = at >= TONE_AT && at < TONE_AT + 1 ? 0.5 * Math.sin((2 * Math.PI * 440 * n) / RATE) : 0;
    return tone + 0.1 * (seed / 2 ** 31 - 1);
  });
  const wav = Buffer.from(writeWav([samples], RATE));
  // A live stream has no end to tell of.
  if (kind === "wav") for (const at of [4, 40]) wav.writeUInt32LE(0xffff_ffff, at);
  if (kind === "wav") return wav;
  const folder = mkdtempSync(join(tmpdir(), "listenable-stream-times-"));
  try {
    writeFileSync(join(folder, "in.wav"), wav);
    const to = join(folder, `out.${kind}`);
    execFileSync("ffmpeg", ["-v", "error", "-i", join(folder, "in.wav"), ...ENCODERS[kind]!, to]);
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Piece {
  readonly bytes: Buffer;
  /** Seconds of sound until it is over. */
  readonly end: number;
}

/** Tenths of a second, where every second has as many bytes; an Ogg's pages, which tell themselves where they end. */
function piecesOf(kind: string, bytes: Buffer, seconds: number): Piece[] {
  if (kind === "ogg") return pagesOf(bytes);
  const count = 10 * seconds;
  const at = (k: number) => Math.round((bytes.length * k) / count);
  return Array.from({ length: count }, (_, k) => ({
    bytes: bytes.subarray(at(k), at(k + 1)),
    end: (k + 1) / 10,
  }));
}

function pagesOf(bytes: Buffer): Piece[] {
  const pages: Piece[] = [];
  for (let at = 0; at < bytes.length; ) {
    const segments = bytes[at + 26]!;
    const table = bytes.subarray(at + 27, at + 27 + segments);
    const length = 27 + segments + table.reduce((sum, size) => sum + size, 0);
    // Headers have the position 0, pages in which no packet ends have -1.
    const end = Math.max(pages.at(-1)?.end ?? 0, Number(bytes.readBigInt64LE(at + 6)) / RATE);
    pages.push({ bytes: bytes.subarray(at, at + length), end });
    at += length;
  }
  return pages;
}

/** Each piece when it is over, as time goes by, and nothing in the pauses. */
async function sendInTime(pieces: readonly Piece[], pause: number, response: ServerResponse): Promise<void> {
  const begun = performance.now();
  for (const { bytes, end } of pieces) {
    if (response.destroyed) return;
    // A piece that reaches into the next section comes before the pause.
    const pauses = Math.max(0, Math.ceil((end - 0.2) / SECTION) - 1);
    await sleep(Math.max(0, begun + 1000 * (end + pause * pauses) - performance.now()));
    response.write(bytes);
  }
}

/** When the monitor's input says that each tone was heard. */
async function toneTimes(address: string, sections: number): Promise<number[]> {
  const stop = new AbortController();
  const report = { state() {}, dropped() {}, failed() {} };
  const input = ffmpegInput("radio", address, streamArguments(address), { stallSeconds: 60 });
  const times: number[] = [];
  for await (const { blocks, timeOf, sampleRate } of input.stretches(report, stop.signal)) {
    let seen = 0;
    let onset = -1;
    for await (const block of blocks) {
      const loud = block.findIndex((sample) => Math.abs(sample) > 0.3);
      if (onset < 0 && loud >= 0) onset = seen + loud;
      seen += block.length;
      if (onset >= 0 && seen >= onset + ASKED_AFTER * sampleRate) {
        times.push(timeOf!(onset / sampleRate).getTime());
        onset = -1;
      }
      if (times.length === sections) stop.abort();
    }
  }
  return times;
}
