/**
 * The front: how a user's classifier was fed when it was trained. A small JSON object, its words those of librosa and
 * torchaudio; from it the differentiable path from STFT magnitudes to the classifier's input is built.
 */
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));
const numberOrList = v.union([v.number(), v.pipe(v.array(v.number()), v.minLength(1))]);

const frontSchema = v.strictObject({
  /** What the classifier's input is: a mel or a linear spectrogram, or the samples themselves. */
  input: v.picklist(["mel", "spectrogram", "waveform"]),
  /** In Hz. */
  sampleRate: v.pipe(count, v.minValue(2000), v.maxValue(192_000)),
  /** Length of the transform in samples. */
  nFft: v.optional(v.pipe(count, v.minValue(16), v.maxValue(16_384))),
  /** Samples from one frame to the next; a quarter of `nFft` without. */
  hop: v.optional(count),
  /** Samples under the window, centred in the transform; `nFft` without. */
  winLength: v.optional(count),
  window: v.optional(v.picklist(["hann", "hamming", "rectangular"]), "hann"),
  /** 1: magnitudes, 2: their squares. */
  power: v.optional(v.picklist([1, 2]), 2),
  nMels: v.optional(count),
  /** Edges of the mel bands in Hz; 0 and half the sampling rate without. */
  fMin: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  fMax: v.optional(positive),
  /** "slaney" is librosa's default, "htk" torchaudio's. */
  melScale: v.optional(v.picklist(["slaney", "htk"]), "slaney"),
  /** "slaney" (area of one) is librosa's default, "none" (peak of one) torchaudio's. */
  melNorm: v.optional(v.picklist(["slaney", "none"]), "slaney"),
  /** "db" is power_to_db (amplitude_to_db where `power` is 1), "log1p" is ln(1 + x). */
  log: v.optional(v.picklist(["none", "ln", "log10", "log1p", "db"]), "none"),
  /** Keeps the logarithm away from zero; 1e-10 without (1e-5 for "db" of magnitudes). */
  floor: v.optional(positive),
  /** Whether the floor is added (log(x + floor)) or the least value (log(max(x, floor))). */
  floorBy: v.optional(v.picklist(["max", "add"]), "max"),
  /** 0 dB: a value, or the loudest one of each window. */
  reference: v.optional(v.union([positive, v.literal("max")]), 1),
  /** Decibels below the loudest value of each window beyond which everything is alike. */
  topDb: v.optional(positive),
  /** What the samples were multiplied by first: 32768 where the classifier heard 16-bit numbers. */
  gain: v.optional(positive, 1),
  /** "window": each window to mean 0 and spread 1; "band": each band of a window; "range": each window to 0..1. */
  normalise: v.optional(v.picklist(["none", "window", "band", "range"]), "none"),
  /** (x − mean) / std, before `normalise`: numbers, or one for each band. */
  mean: v.optional(numberOrList, 0),
  std: v.optional(numberOrList, 1),
  /** Axes of the input: B batch, 1 a single channel, T time, F frequency, S samples. Guessed from the file without. */
  layout: v.optional(v.picklist(["B1TF", "B1FT", "BTF", "BFT", "BS", "B1S"])),
  /** Frames of one window; what the file says, or about a second, without. */
  frames: v.optional(v.pipe(count, v.maxValue(4096))),
  /** Samples of one window, of classifiers that hear the waveform. */
  samples: v.optional(count),
});

export type Front = v.InferOutput<typeof frontSchema>;
export type Layout = NonNullable<Front["layout"]>;

export class FrontError extends Error {
  override name = "FrontError";
}

/** Checks a front; `source` is named in the error. */
export function parseFront(json: unknown, source: string): Front {
  const result = v.safeParse(frontSchema, json);
  if (!result.success) {
    const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
    throw new FrontError(`${source} does not describe a front: ${problems.join("; ")}`);
  }
  const front = result.output;
  const wrong = (what: string) => new FrontError(`${source}: ${what}`);
  if (front.input === "mel" && front.nMels === undefined) throw wrong("a mel input needs nMels");
  if (front.input === "waveform") {
    const [strange] = (["nMels", "topDb"] as const).filter((name) => front[name] !== undefined);
    if (strange || front.log !== "none") throw wrong(`${strange ?? "log"} means nothing for a waveform`);
    if (Array.isArray(front.mean) || Array.isArray(front.std))
      throw wrong("mean and std of a waveform are numbers");
  } else {
    const { nFft } = front;
    if (nFft === undefined) throw wrong(`a ${front.input} input needs nFft`);
    if ((front.winLength ?? nFft) > nFft) throw wrong(`winLength ${front.winLength} is beyond nFft ${nFft}`);
    if ((front.fMax ?? 0) > front.sampleRate / 2) throw wrong(`fMax is above half of the sampling rate`);
    if (front.fMin >= (front.fMax ?? front.sampleRate / 2)) throw wrong("fMin is not below fMax");
    if (front.samples !== undefined) throw wrong("samples are for a waveform; give frames");
    const bands = bandsOf(front);
    for (const name of ["mean", "std"] as const) {
      const list = front[name];
      if (Array.isArray(list) && list.length !== bands)
        throw wrong(`${name} has ${list.length} numbers for ${bands} bands`);
    }
  }
  const spreads = Array.isArray(front.std) ? front.std : [front.std];
  if (spreads.some((spread) => spread === 0)) throw wrong("std is 0");
  return front;
}

/** Reads "input=mel,sampleRate=16000,nFft=512": the same words without a file. */
export function parseFrontWords(text: string): Front {
  const entries = text.split(",").map((part) => {
    const [name, value, ...more] = part.split("=");
    if (value === undefined || more.length > 0)
      throw new FrontError(`"${part}" is not of the form name=value`);
    const number = Number(value);
    return [name.trim(), value.trim() !== "" && !Number.isNaN(number) ? number : value.trim()];
  });
  return parseFront(Object.fromEntries(entries), `the front "${text}"`);
}

/** Bands of the classifier's input. */
export function bandsOf({ input, nMels, nFft = 0 }: Front): number {
  return input === "mel" ? (nMels as number) : nFft / 2 + 1;
}
