/** Damaged sound files, with their checksums set right again at times, so that decoders look behind them. */
import { apeTag, id3, id3v1 } from "../../test/models/sound/sound-files.ts";
import type { AudioSeed } from "./audio-seeds.ts";
import { mutate, type Random } from "./mutate.ts";

export function damagedAudio(seeds: readonly AudioSeed[], random: Random): AudioSeed {
  const { name, bytes } = random.pick(seeds);
  let out: Uint8Array<ArrayBuffer> = new Uint8Array(bytes);
  if (random.chance(0.3)) out = changeSize(out, random);
  if (random.chance(0.9)) out = mutate(out, random, 256);
  if (random.chance(0.05)) {
    // The beginning of one file, the end of another.
    const other = random.pick(seeds).bytes;
    const from = random.below(other.length);
    out = new Uint8Array(
      Buffer.concat([out.subarray(0, random.below(out.length + 1)), other.subarray(from)]),
    );
  }
  if (random.chance(0.7)) repairOgg(out);
  // Tags around the sound, some of which claim another size than they have.
  if (random.chance(0.1))
    out = new Uint8Array(Buffer.concat([id3(random.below(400), random.below(500)), out]));
  if (random.chance(0.05)) out = new Uint8Array(Buffer.concat([out, apeTag(random.below(100)), id3v1]));
  return { name, bytes: out };
}

/** Sizes stand beside four-letter names in most containers: one of them is changed. */
function changeSize(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const names: number[] = [];
  for (let at = 0; at + 8 <= Math.min(bytes.length, 4000); at++) {
    if (bytes.subarray(at, at + 4).every((byte) => byte >= 0x20 && byte < 0x7f)) names.push(at);
  }
  if (names.length === 0) return bytes;
  const at = random.pick(names) + random.pick([-4, 4]);
  if (at < 0) return bytes;
  const view = new DataView(bytes.buffer);
  const little = random.chance(0.5);
  const size = view.getUint32(at, little);
  const others = [0, 1, 7, size - 1, size + 1, 2 * size, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  view.setUint32(at, random.pick(others), little);
  return bytes;
}

/** Gives every Ogg page the checksum that its bytes have. */
function repairOgg(bytes: Uint8Array): void {
  for (let at = 0; at + 27 <= bytes.length; ) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) !== "OggS") {
      at++;
      continue;
    }
    const segments = bytes.subarray(at + 27, at + 27 + bytes[at + 26]);
    const end = at + 27 + segments.length + segments.reduce((sum, each) => sum + each, 0);
    if (end > bytes.length) return;
    bytes.fill(0, at + 22, at + 26);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(
      at + 22,
      oggChecksum(bytes.subarray(at, end)),
      true,
    );
    at = end;
  }
}

/** RFC 3533: CRC-32 with the polynomial 0x04c11db7, not reflected, starting at 0. */
function oggChecksum(page: Uint8Array): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum & 0x8000_0000 ? 0x04c1_1db7 : 0);
  }
  return sum >>> 0;
}
