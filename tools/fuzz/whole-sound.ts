import { type Piece, type ReadOptions, readPieces } from "../../models/sound/read-audio.ts";

export interface WholeSound {
  /** One array per channel, all of the same length, full scale at 1. */
  readonly channels: Float32Array[];
  /** In Hz. */
  readonly sampleRate: number;
  /** What was wrong with the file and put up with. */
  readonly notes: string[];
}

/** All that a file's pieces hold, at the file's own rate. Rejects as `readPieces` throws. */
export async function wholeSound(path: string, options?: ReadOptions): Promise<WholeSound> {
  const notes: string[] = [];
  const pieces: Piece[] = [];
  for await (const piece of readPieces(path, notes, options)) pieces.push(piece);
  const count = Math.max(...pieces.map(({ channels }) => channels.length));
  // Some decoders give one channel as long as both are alike, and two from then on.
  const channels = Array.from({ length: count }, (_, c) =>
    joined(pieces.map((piece) => piece.channels[c % piece.channels.length])),
  );
  return { channels, sampleRate: pieces[0].sampleRate, notes };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
