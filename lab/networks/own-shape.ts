/** What this project's own classifier, and so the released pack, hears: the STFT of sounds at 16 kHz. */

/** Samples a second. */
export const MODEL_RATE = 16_000;
/** Samples in one frame: 32 ms. */
export const WINDOW = 512;
/** Samples from one frame to the next: 8 ms. */
export const HOP = 128;
/** Frequencies of one frame, from 0 Hz to half the rate. */
export const BINS = WINDOW / 2 + 1;

export const OWN_STFT = { window: WINDOW, hop: HOP };
