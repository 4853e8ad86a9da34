export interface MelOptions {
  readonly sampleRate: number;
  /** Frequencies of a frame, window / 2 + 1. */
  readonly bins: number;
  readonly mels: number;
  /** Lower edge of the first band in Hz; 0 when left out. */
  readonly low?: number;
  /** Upper edge of the last band in Hz; half the sampling rate when left out. */
  readonly high?: number | undefined;
  /** "slaney" (librosa's default: linear below 1 kHz) or "htk" (torchaudio's default); "slaney" when left out. */
  readonly scale?: MelScale;
  /** "slaney" gives every band the area 1 Hz (librosa's default), "none" the peak 1; "slaney" when left out. */
  readonly norm?: "slaney" | "none";
  /**
   * Where the triangles' sides are straight lines: in "hz" (librosa, torchaudio), in "mel" (TensorFlow, Kaldi), or between
   * whole "bins", to which edges are rounded down (python_speech_features); "hz" when left out.
   */
  readonly straightIn?: "hz" | "mel" | "bins";
}

export type MelScale = "slaney" | "htk";

// Slaney's Auditory Toolbox (1998): 3 mels every 200 Hz up to 1 kHz, then 27 mels for a factor of 6.4.
const HZ_PER_MEL = 200 / 3;
const KNEE_HZ = 1000;
const KNEE_MEL = KNEE_HZ / HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === "htk") return 2595 * Math.log10(1 + hz / 700);
  return hz < KNEE_HZ ? hz / HZ_PER_MEL : KNEE_MEL + Math.log(hz / KNEE_HZ) / LOG_STEP;
}

export function melToHz(mel: number, scale: MelScale): number {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  return mel < KNEE_MEL ? mel * HZ_PER_MEL : KNEE_HZ * Math.exp(LOG_STEP * (mel - KNEE_MEL));
}

/**
 * Triangular bands, equally spaced in mel: row-major [bins, mels], so that frames [T, bins] times it are
 * mel frames [T, mels]. Equals librosa.filters.mel transposed.
 */
export function melFilterbank(options: MelOptions): Float32Array {
  const {
    sampleRate,
    bins,
    mels,
    low = 0,
    high = sampleRate / 2,
    scale = "slaney",
    norm = "slaney",
    straightIn = "hz",
  } = options;
  if (!(low >= 0 && low < high && high <= sampleRate / 2)) {
    throw new RangeError(`mel bands from ${low} to ${high} Hz do not fit below half of ${sampleRate} Hz`);
  }
  if (!Number.isInteger(mels) || mels < 1 || !Number.isInteger(bins) || bins < 2) {
    throw new RangeError(
      `${mels} mel bands of ${bins} bins can't be made; both are whole numbers, bins from 2`,
    );
  }
  const first = hzToMel(low, scale);
  const step = (hzToMel(high, scale) - first) / (mels + 1);
  const edges = Float64Array.from({ length: mels + 2 }, (_, i) => melToHz(first + i * step, scale));
  const length = 2 * (bins - 1);
  const place = {
    hz: (hz: number) => hz,
    mel: (hz: number) => hzToMel(hz, scale),
    // One bin more than the transform has: so python_speech_features counts.
    bins: (hz: number) => Math.floor(((length + 1) * hz) / sampleRate),
  }[straightIn];
  const filters = new Float32Array(bins * mels);
  for (let mel = 0; mel < mels; mel++) {
    const [left, centre, right] = edges.subarray(mel, mel + 3).map(place);
    const peak = norm === "slaney" ? 2 / (edges[mel + 2] - edges[mel]) : 1;
    for (let bin = 0; bin < bins; bin++) {
      const at = straightIn === "bins" ? bin : place((bin * sampleRate) / length);
      const rising = at < centre ? (at - left) / (centre - left) : 1;
      const falling = at < centre ? 1 : (right - at) / Math.max(right - centre, Number.MIN_VALUE);
      const height = Math.min(rising, falling);
      filters[bin * mels + mel] = peak * Math.max(0, height);
    }
  }
  return filters;
}
