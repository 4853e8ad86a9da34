/**
 * The front: how a user's classifier was fed when it was trained. A small JSON object, its words those of librosa and
 * torchaudio; from it the differentiable path from STFT magnitudes to the classifier's input is built.
 */
import * as v from "valibot";
import { LAYOUTS } from "./layout.ts";
import { PRESETS } from "./presets.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.gtValue(0));
const numberOrList = v.union([v.number(), v.pipe(v.array(v.number()), v.minLength(1))]);

const frontSchema = v.strictObject({
  /** What the classifier's input is: a mel or a linear spectrogram, mel cepstral coefficients, or the samples themselves. */
  input: v.picklist(["mel", "spectrogram", "mfcc", "waveform"]),
  /** In Hz. */
  sampleRate: v.pipe(count, v.minValue(2000), v.maxValue(192_000)),

  // ---- the sound of a window, in this order ----------------------------------------------------------------------
  /** Whether the mean of a window's samples is taken off. */
  soundMean: v.optional(v.boolean(), false),
  /** The loudest sample of a window is brought to that. */
  soundPeak: v.optional(positive),
  /** What the samples are multiplied by: 32768 where the classifier heard 16-bit numbers. */
  gain: v.optional(positive, 1),
  /** x[n] − c·x[n − 1]; 0.97 is common. */
  preEmphasis: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  /**
   * "frame": each frame by itself, its first sample minus c times itself (Kaldi, torchaudio, transformers); "sound": the
   * whole sound, its first sample as it is (python_speech_features, librosa with zi=0); "valid": the whole sound without
   * its first sample.
   */
  preEmphasisBy: v.optional(v.picklist(["frame", "sound", "valid"]), "frame"),

  // ---- the transform ---------------------------------------------------------------------------------------------
  /** Length of the transform in samples. */
  nFft: v.optional(v.pipe(count, v.minValue(16), v.maxValue(16_384), v.multipleOf(2, "must be even"))),
  /** Samples from one frame to the next; a quarter of `nFft` without. */
  hop: v.optional(count),
  /** Samples of a frame under the window; `nFft` without. */
  winLength: v.optional(count),
  window: v.optional(v.picklist(["hann", "hamming", "blackman", "povey", "rectangular"]), "hann"),
  /** "periodic" (librosa, torch, TensorFlow) or "symmetric" (Kaldi, NumPy); "periodic" without, of "povey" "symmetric". */
  windowForm: v.optional(v.picklist(["periodic", "symmetric"])),
  /** What lies before and after the sound where frames are centred (`center=True`): half a transform at both ends. */
  pad: v.optional(v.picklist(["none", "reflect", "constant", "edge"]), "none"),
  /** Whether each frame's mean is taken off before anything else (Kaldi's remove_dc_offset). */
  removeDc: v.optional(v.boolean(), false),
  /** 1: magnitudes, 2: their squares. */
  power: v.optional(v.picklist([1, 2]), 2),

  // ---- bands -----------------------------------------------------------------------------------------------------
  nMels: v.optional(count),
  /** Edges of the mel bands in Hz; 0 and half the sampling rate without. */
  fMin: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  fMax: v.optional(positive),
  /** "slaney" is librosa's default, "htk" torchaudio's; "kaldi" is "htk" with triangles straight in mel. */
  melScale: v.optional(v.picklist(["slaney", "htk", "kaldi"]), "slaney"),
  /** "slaney" (area of one) is librosa's default, "none" (peak of one) torchaudio's. */
  melNorm: v.optional(v.picklist(["slaney", "none"]), "slaney"),
  /** Where triangles' sides are straight: "hz" (librosa), "mel" (Kaldi, TensorFlow), "bins" (between whole bins: python_speech_features). */
  straightIn: v.optional(v.picklist(["hz", "mel", "bins"])),

  // ---- logarithm -------------------------------------------------------------------------------------------------
  /** "db" is power_to_db (amplitude_to_db where `power` is 1), "log1p" is ln(1 + x), "pcen" librosa.pcen. */
  log: v.optional(v.picklist(["none", "ln", "log10", "log1p", "db", "pcen"]), "none"),
  /** Keeps the logarithm away from zero; 1e-10 without (1e-5 for "db" of magnitudes, 1e-6 for "pcen"). */
  floor: v.optional(positive),
  /** Whether the floor is added (log(x + floor)) or the least value (log(max(x, floor))). */
  floorBy: v.optional(v.picklist(["max", "add"]), "max"),
  /** 0 dB: a value, or the loudest one of each window. */
  reference: v.optional(v.union([positive, v.literal("max")]), 1),
  /** Decibels below the loudest value of each window beyond which everything is alike. */
  topDb: v.optional(positive),
  /** Of "pcen", (x / (floor + M)^gain + bias)^power − bias^power: M follows x as slowly as `pcenTime` says, in seconds. */
  pcenGain: v.optional(v.pipe(v.number(), v.minValue(0)), 0.98),
  pcenBias: v.optional(positive, 2),
  pcenPower: v.optional(positive, 0.5),
  pcenTime: v.optional(positive, 0.4),
  /** What M was before the window: a number (librosa: 1), or its "first" frame. */
  pcenStart: v.optional(v.union([v.pipe(v.number(), v.minValue(0)), v.literal("first")]), 1),

  // ---- cepstrum and deltas ---------------------------------------------------------------------------------------
  /** Of "mfcc": how many coefficients, from the lowest on. */
  nMfcc: v.optional(count),
  /** Of the cosine transform: "ortho" (librosa, torchaudio, Kaldi), "none" (SciPy's default), "htk" (HTK, TensorFlow). */
  dctNorm: v.optional(v.picklist(["ortho", "none", "htk"]), "ortho"),
  /** Coefficient n times 1 + L/2 · sin(πn / L): 22 in Kaldi and python_speech_features; none without. */
  lifter: v.optional(positive),
  /** Of "mfcc": the lowest coefficient is the natural logarithm of the frame's power (python_speech_features' appendEnergy). */
  energy: v.optional(v.boolean(), false),
  /** How often differences over time are appended to the bands: 1, or 2 with the differences of the differences. */
  deltas: v.optional(v.picklist([0, 1, 2]), 0),
  /** Frames that a difference is fitted over, an odd number. */
  deltaWidth: v.optional(v.pipe(count, v.minValue(3)), 9),
  /** At the ends: "repeat" the outermost frame (torchaudio, Kaldi, python_speech_features), or take the nearest whole "fit" (librosa). */
  deltaEdge: v.optional(v.picklist(["repeat", "fit"]), "repeat"),

  // ---- normalisation ---------------------------------------------------------------------------------------------
  /** Frames of zeros behind the sound's, which the classifier was given since its window is longer than the sound. */
  emptyFrames: v.optional(whole, 0),
  /** (x − mean) / std, before `normalise`: numbers, or one for each band. */
  mean: v.optional(numberOrList, 0),
  std: v.optional(numberOrList, 1),
  /**
   * "window": each window to mean 0 and spread 1; "band": each band of a window; "range": each window to 0..1; "mean",
   * "bandMean": the mean alone is taken off.
   */
  normalise: v.optional(v.picklist(["none", "window", "band", "range", "mean", "bandMean"]), "none"),
  /** Of "window" and "band": (x − mean) / sqrt(variance + epsilon); (x − mean) / (spread + 1e-5) without. */
  epsilon: v.optional(positive),

  // ---- shape -----------------------------------------------------------------------------------------------------
  /** Axes of the input: B batch, 1 or 3 channels, T time, F frequency, S samples. Guessed from the file without. */
  layout: v.optional(v.picklist(LAYOUTS)),
  /** Frames of one window; what the file says, or about a second, without. */
  frames: v.optional(v.pipe(count, v.maxValue(4096))),
  /** Samples of one window: of a waveform, or where a picture was made of more or fewer than its frames tell. */
  samples: v.optional(count),
});

export type Front = v.InferOutput<typeof frontSchema>;

export class FrontError extends Error {
  override name = "FrontError";
}

/** What means something only beside a certain value of another field. */
const ONLY_WITH: readonly [field: keyof Front, of: keyof Front, value: string, word: string][] = [
  ["topDb", "log", "db", "log=db"],
  ["nMfcc", "input", "mfcc", "input=mfcc"],
  ["lifter", "input", "mfcc", "input=mfcc"],
];

/** Of a picture alone. */
const OF_PICTURES = ["nFft", "hop", "winLength", "nMels", "nMfcc", "lifter", "topDb", "frames"] as const;

/** Checks a front, or a preset's name and what differs from it; `source` is named in the error. */
export function parseFront(json: unknown, source: string): Front {
  const result = v.safeParse(frontSchema, withPreset(json, source));
  if (!result.success) {
    const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
    throw new FrontError(`${source} does not describe a front: ${problems.join("; ")}`);
  }
  const front = result.output;
  const wrong = (what: string) => new FrontError(`${source}: ${what}`);
  if (front.input === "waveform") checkWaveform(front, wrong);
  else checkPicture(front, wrong);
  const spreads = Array.isArray(front.std) ? front.std : [front.std];
  if (spreads.some((spread) => spread === 0)) throw wrong("std is 0");
  return front;
}

type Wrong = (what: string) => FrontError;

function checkWaveform(front: Front, wrong: Wrong): void {
  const strange = OF_PICTURES.find((name) => front[name] !== undefined);
  if (strange || front.log !== "none") throw wrong(`${strange ?? "log"} means nothing for a waveform`);
  if (Array.isArray(front.mean) || Array.isArray(front.std))
    throw wrong("mean and std of a waveform are numbers");
  if (front.normalise === "band" || front.normalise === "bandMean")
    throw wrong(`normalise ${front.normalise} means nothing for a waveform; take window or mean`);
  if (front.preEmphasis !== undefined && front.preEmphasisBy === "frame")
    throw wrong('a waveform has no frames to emphasise; add preEmphasisBy: "sound"');
}

function checkPicture(front: Front, wrong: Wrong): void {
  const { input, nFft, sampleRate, fMin } = front;
  if (input !== "spectrogram" && front.nMels === undefined) throw wrong(`a ${input} input needs nMels`);
  if (input === "mfcc" && front.nMfcc === undefined) throw wrong("an mfcc input needs nMfcc");
  if (nFft === undefined) throw wrong(`a ${input} input needs nFft`);
  if ((front.nMfcc ?? 0) > (front.nMels ?? 0) && input === "mfcc")
    throw wrong(`nMfcc ${front.nMfcc} is beyond nMels ${front.nMels}`);
  for (const [field, of, value, word] of ONLY_WITH)
    if (front[field] !== undefined && front[of] !== value)
      throw wrong(`${field} means nothing without ${word}`);
  if (front.energy && input !== "mfcc") throw wrong("energy means nothing without input=mfcc");
  if ((front.winLength ?? nFft) > nFft) throw wrong(`winLength ${front.winLength} is beyond nFft ${nFft}`);
  if (front.hop === undefined && nFft % 4 !== 0)
    throw wrong(`a quarter of nFft ${nFft} is no whole number; give hop`);
  if ((front.fMax ?? 0) > sampleRate / 2) throw wrong(`fMax is above half of the sampling rate`);
  if (fMin >= (front.fMax ?? sampleRate / 2)) throw wrong("fMin is not below fMax");
  if (front.deltaWidth % 2 === 0)
    throw wrong(`deltaWidth ${front.deltaWidth} is even; it has a frame in its middle`);
  if (front.frames !== undefined && front.emptyFrames >= front.frames)
    throw wrong(`emptyFrames ${front.emptyFrames} leaves nothing of ${front.frames} frames`);
  const bands = bandsOf(front);
  for (const name of ["mean", "std"] as const) {
    const list = front[name];
    if (Array.isArray(list) && list.length !== bands)
      throw wrong(`${name} has ${list.length} numbers for ${bands} bands`);
  }
}

/** A preset's fields under those that are given. */
function withPreset(json: unknown, source: string): unknown {
  if (typeof json !== "object" || json === null || !("preset" in json)) return json;
  const { preset, ...given } = json as Record<string, unknown>;
  const found = Object.entries(PRESETS).find(([name]) => name === preset);
  if (!found) {
    const names = Object.keys(PRESETS).join(", ");
    throw new FrontError(`${source}: there is no preset "${String(preset)}"; there are: ${names}`);
  }
  return { ...found[1].front, ...given };
}

/** Reads "input=mel,sampleRate=16000,nFft=512", or "ast,frames=512": the same words without a file. */
export function parseFrontWords(text: string): Front {
  const [first, ...rest] = text.split(",");
  const fields = first.includes("=")
    ? wordFields([first, ...rest])
    : { preset: first.trim(), ...wordFields(rest) };
  return parseFront(fields, `the front "${text}"`);
}

/** Fields from words of the form name=value. */
export function wordFields(words: readonly string[]): Record<string, string | number | boolean> {
  const entries = words.map((word) => {
    const [name, value, ...more] = word.split("=");
    if (value === undefined || more.length > 0)
      throw new FrontError(`"${word}" is not of the form name=value`);
    return [name.trim(), readValue(value.trim())];
  });
  return Object.fromEntries(entries);
}

function readValue(word: string): string | number | boolean {
  if (word === "true" || word === "false") return word === "true";
  const number = Number(word);
  return word !== "" && !Number.isNaN(number) ? number : word;
}

/** Bands of the classifier's input. */
export function bandsOf({ input, nMels, nMfcc, deltas, nFft = 0 }: Front): number {
  const bands = { mel: nMels, mfcc: nMfcc, spectrogram: nFft / 2 + 1, waveform: 1 }[input];
  return (bands as number) * (1 + deltas);
}

/** Whether the places beside time are bands of frequency, low to high. */
export function hasBands({ input, deltas }: Front): boolean {
  return (input === "mel" || input === "spectrogram") && deltas === 0;
}

/** What differs from a field's default, in the words of the command line. */
export function frontWords(front: Front): string {
  const plain = v.parse(frontSchema, { input: front.input, sampleRate: front.sampleRate }) as Front;
  const told = Object.entries(front).filter(([name, value]) => {
    if (value === undefined) return false;
    return name === "input" || name === "sampleRate" || value !== plain[name as keyof Front];
  });
  return told.map(([name, value]) => `${name}=${Array.isArray(value) ? "[...]" : value}`).join(",");
}
