/**
 * Whole recordings at once, on the same streaming classes, with their delays taken out: what comes back lies at
 * the same time as what went in. A complex spectrogram takes 2 KB a frame (0.9 GB an hour): stream what is long.
 */
import type { FrameShape } from "./frames.ts";
import { StreamingIstft } from "./istft.ts";
import { StreamingResampler } from "./resample.ts";
import { magnitudes } from "./spectrum.ts";
import { StreamingStft } from "./stft.ts";

export interface Spectrogram {
  readonly frames: number;
  readonly bins: number;
  /** Row-major [frames, bins, 2], interleaved re and im. Frame k covers [(k + 1) * hop - window, (k + 1) * hop). */
  readonly spectra: Float32Array;
}

/**
 * All frames that a recording of `length` samples touches: ceil((length + window - hop) / hop) of them, the same
 * as the live stream's, and the recording counts as followed by silence.
 */
export function stft(samples: Float32Array, shape: FrameShape): Spectrogram {
  const stream = new StreamingStft(shape);
  const frames = Math.ceil((samples.length + stream.window - stream.hop) / stream.hop);
  const spectra = new Float32Array(frames * stream.bins * 2);
  const keep = (spectrum: Float32Array, frame: number) => spectra.set(spectrum, frame * spectrum.length);
  stream.push(samples, keep);
  stream.push(new Float32Array(frames * stream.hop - samples.length), keep);
  return { frames, bins: stream.bins, spectra };
}

/** `length` samples, aligned with the samples that `stft` was given. */
export function istft(spectrogram: Spectrogram, length: number, shape: FrameShape): Float32Array {
  const { frames, bins, spectra } = spectrogram;
  const stream = new StreamingIstft(shape);
  const samples = new Float32Array(length);
  const hop = new Float32Array(stream.hop);
  for (let frame = 0; frame < frames; frame++) {
    stream.add(spectra.subarray(frame * bins * 2, (frame + 1) * bins * 2), hop);
    const start = frame * stream.hop - stream.delay;
    for (let n = Math.max(0, -start); n < hop.length && start + n < length; n++) samples[start + n] = hop[n];
  }
  return samples;
}

/** |X| row-major [frames, bins]. */
export function spectrogramMagnitudes({ frames, bins, spectra }: Spectrogram): Float32Array {
  const out = new Float32Array(frames * bins);
  magnitudes(spectra, out);
  return out;
}

/** ceil(length * to / from) samples; sample n of the output lies at the time of input sample n * from / to. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples.slice();
  const stream = new StreamingResampler(from, to);
  const length = stream.maxOutput(samples.length);
  const out = new Float32Array(length);
  const piece = new Float32Array(stream.maxOutput(PIECE));
  let at = -stream.delay;
  const take = (input: Float32Array, start: number, end: number) => {
    const count = stream.push(input, piece, start, end);
    for (let n = Math.max(0, -at); n < count && at + n < length; n++) out[at + n] = piece[n];
    at += count;
  };
  for (let start = 0; start < samples.length; start += PIECE) {
    take(samples, start, Math.min(start + PIECE, samples.length));
  }
  const silence = new Float32Array(PIECE);
  while (at < length) take(silence, 0, PIECE);
  return out;
}

const PIECE = 4096;
