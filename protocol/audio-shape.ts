/**
 * The shape of the sound that a pack's model hears: made once from the pack (`audioShape` of models/pack/pack.ts), and all
 * that depends on the pack between microphone and engine follows from it: resampling, frames, memory, times.
 */
export interface AudioShape {
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples in one frame, a power of two. */
  readonly window: number;
  /** Samples from one frame to the next, a whole fraction of the window, at most its half. */
  readonly hop: number;
  /** Frequencies of one frame: window / 2 + 1. */
  readonly bins: number;
  /** Whether the model wants the phases too; they never leave the device. */
  readonly phases: boolean;
}

/** Milliseconds from one frame to the next. */
export function hopMs({ sampleRate, hop }: Pick<AudioShape, "sampleRate" | "hop">): number {
  return (1_000 * hop) / sampleRate;
}

/** Why a pack with phases is explained on the listener's own device alone. */
export function localOnlyReason(pack: string): string {
  return (
    `the classifier of pack ${pack} hears the waveform and so needs the phases of the sound, which never leave a ` +
    "device: it is explained on the listener's own"
  );
}

/** The whole number of frames nearest to so many milliseconds, at least one. */
export function framesIn(shape: Pick<AudioShape, "sampleRate" | "hop">, ms: number): number {
  return Math.max(1, Math.round(ms / hopMs(shape)));
}
