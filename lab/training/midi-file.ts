/** Standard MIDI files (format 0), as far as made-up music needs them: notes, programs and volumes on 16 channels. */

export interface Note {
  /** 0 to 15; 9 is the drums. */
  readonly channel: number;
  /** 0 to 127, 60 is middle C; on channel 9 which drum. */
  readonly key: number;
  /** 1 to 127. */
  readonly velocity: number;
  /** In seconds. */
  readonly start: number;
  readonly length: number;
}

export interface Voice {
  readonly channel: number;
  /** General MIDI's number of the instrument, from 0; on channel 9 of the kit. */
  readonly program: number;
  /** 0 left to 127 right. */
  readonly pan: number;
}

/** Ticks a second: a quarter note at MIDI's tempo of 120 beats a minute, which no file here changes, is half a second. */
const TICKS = 960;

export function midiFile(voices: readonly Voice[], notes: readonly Note[]): Uint8Array {
  const events = notes.flatMap(({ channel, key, velocity, start, length }) => {
    const tick = Math.max(0, Math.round(start * TICKS));
    const end = tick + Math.max(1, Math.round(length * TICKS));
    return [
      { tick: end, bytes: [0x80 | channel, key, 0] },
      { tick, bytes: [0x90 | channel, key, velocity] },
    ];
  });
  // A note ends before the same one begins anew.
  events.sort((a, b) => a.tick - b.tick || (a.bytes[0] & 0xf0) - (b.bytes[0] & 0xf0));
  const setUp = voices.flatMap(({ channel, program, pan }) => [
    { tick: 0, bytes: [0xc0 | channel, program] },
    { tick: 0, bytes: [0xb0 | channel, 10, pan] },
  ]);
  const track: number[] = [];
  let last = 0;
  for (const { tick, bytes } of [...setUp, ...events]) {
    track.push(...variableLength(tick - last), ...bytes);
    last = tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  return Uint8Array.from([
    ...ascii("MThd"),
    ...bigEndian(6, 4),
    ...bigEndian(0, 2),
    ...bigEndian(1, 2),
    ...bigEndian(TICKS / 2, 2),
    ...ascii("MTrk"),
    ...bigEndian(track.length, 4),
    ...track,
  ]);
}

function variableLength(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, n) => (value >> (8 * (bytes - 1 - n))) & 0xff);
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
