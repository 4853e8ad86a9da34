/**
 * Fronts of classifiers that people have, by name, as their publishers' code has them. `test/lab/import/presets.test.ts`
 * holds each against that code (`test/reference/fronts.py`).
 */

interface Preset {
  /** For people: what it is of, and what a user has to know beside it. */
  readonly about: string;
  /** Fields of a front. */
  readonly front: Readonly<Record<string, unknown>>;
}

export const PRESETS = {
  yamnet: {
    about:
      "YAMNet's network behind its own spectrogram, 96 frames of 64 mel bands. Its 521 classes are independent.",
    front: {
      ...{ input: "mel", sampleRate: 16_000, nFft: 512, winLength: 400, hop: 160, power: 1 },
      ...{ nMels: 64, fMin: 125, fMax: 7500, melScale: "htk", straightIn: "mel", melNorm: "none" },
      ...{ log: "ln", floor: 0.001, floorBy: "add", frames: 96 },
    },
  },
  "panns-cnn14": {
    about: "PANNs at 32 kHz (CNN14 and its kin) behind their spectrogram. Their 527 classes are independent.",
    front: {
      ...{ input: "mel", sampleRate: 32_000, nFft: 1024, hop: 320, pad: "reflect" },
      ...{ nMels: 64, fMin: 50, fMax: 14_000, log: "db" },
    },
  },
  efficientat: {
    about: "EfficientAT (mn04_as and its kin) behind its spectrogram. Its 527 classes are independent.",
    front: {
      ...{ input: "mel", sampleRate: 32_000, nFft: 1024, winLength: 800, hop: 320, pad: "reflect" },
      ...{ windowForm: "symmetric", preEmphasis: 0.97, preEmphasisBy: "valid" },
      ...{ nMels: 128, fMax: 15_000, melScale: "kaldi", melNorm: "none" },
      ...{ log: "ln", floor: 1e-5, floorBy: "add", mean: -4.5, std: 5 },
    },
  },
  ast: {
    about:
      "AST on 10.24 s: 1022 frames of sound and 2 of zeros (emptyFrames=26 for 10 s). Its 527 classes are independent.",
    front: {
      ...{ input: "mel", sampleRate: 16_000, nFft: 512, winLength: 400, hop: 160, windowForm: "symmetric" },
      ...{ removeDc: true, preEmphasis: 0.97 },
      ...{ nMels: 128, fMin: 20, melScale: "kaldi", melNorm: "none" },
      ...{ log: "ln", floor: 1.1920929e-7, mean: -4.2677393, std: 9.1379948, frames: 1024, emptyFrames: 2 },
    },
  },
  wav2vec2: {
    about:
      "wav2vec 2.0, HuBERT and WavLM where their preprocessor has do_normalize: samples of mean 0 and spread 1.",
    front: { input: "waveform", sampleRate: 16_000, normalise: "window", epsilon: 1e-7 },
  },
  whisper: {
    about: "Whisper's encoder on 30 s, 80 mel bands; nMels=128 for large-v3.",
    front: {
      ...{ input: "mel", sampleRate: 16_000, nFft: 400, hop: 160, pad: "reflect", nMels: 80 },
      // Eight powers of ten below the loudest, and (log10 + 4) / 4, said in decibels.
      ...{ log: "db", topDb: 80, mean: -40, std: 40, frames: 3000, samples: 480_000 },
    },
  },
  birdnet: {
    about:
      "BirdNET 2.4 on 3 s; its spectrograms are inside the file, and the sigmoid of its independent classes is applied outside of it.",
    front: { input: "waveform", sampleRate: 48_000, samples: 144_000 },
  },
  perch: {
    about: "Perch (8 and 2) on 5 s, its mean taken off and its peak brought to 0.25, as perch-hoplite does.",
    front: { input: "waveform", sampleRate: 32_000, samples: 160_000, soundMean: true, soundPeak: 0.25 },
  },
} as const satisfies Record<string, Preset>;
