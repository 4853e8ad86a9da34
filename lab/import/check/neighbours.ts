/** Fronts that differ from one in a single thing: what is most often mistaken, or left out of a model card. */
import { floorOf } from "../features.ts";
import { type Front, FrontError, parseFront } from "../front.ts";

export interface Neighbour {
  /** What differs, in the words of the command line, a word a mistake. */
  readonly changes: readonly string[];
  readonly front: Front;
}

type Change = Partial<Record<keyof Front, unknown>>;

/** All that differ in one thing, are fronts, and give the classifier as many bands. */
export function neighboursOf(front: Front): Neighbour[] {
  return distinct(front, changesOf(front), (change) => [change]);
}

/** Those that differ in two of the things that are mistaken most: two mistakes can hide each other from one change. */
export function furtherNeighboursOf(front: Front): Neighbour[] {
  const common = changesOf(front).filter((change) => Object.keys(change).every((name) => COMMON.has(name)));
  const pairs = common.flatMap((one, place) =>
    common
      .slice(place + 1)
      .filter((other) => !Object.keys(other).some((name) => name in one))
      .map((other) => [one, other]),
  );
  return distinct(front, pairs, (pair) => pair);
}

const COMMON = new Set(
  "power gain melScale melNorm straightIn log mean std normalise epsilon pad soundPeak".split(" "),
);

function distinct<T>(front: Front, found: readonly T[], partsOf: (one: T) => readonly Change[]): Neighbour[] {
  const seen = new Set([sameAs(front)]);
  return found.flatMap((one) => {
    const parts = partsOf(one);
    const changed = asFront(Object.assign({}, front, ...parts));
    if (!changed || seen.has(sameAs(changed))) return [];
    seen.add(sameAs(changed));
    const changes = parts.map((change) => difference(front, changed, Object.keys(change) as (keyof Front)[]));
    return changes.includes("") ? [] : [{ changes, front: changed }];
  });
}

/** The same for fronts that do the same, whether they say it or leave it to be understood. */
function sameAs(front: Front): string {
  const { nFft, melScale, window, preEmphasis, preEmphasisBy, sampleRate } = front;
  const understood = {
    winLength: nFft,
    straightIn: melScale === "kaldi" ? "mel" : "hz",
    windowForm: window === "povey" ? "symmetric" : "periodic",
    fMax: sampleRate / 2,
    floor: floorOf(front),
  };
  const scale = { melScale: melScale === "kaldi" ? "htk" : melScale };
  const emphasis = { preEmphasisBy: preEmphasis === undefined ? "none" : preEmphasisBy };
  const said = Object.fromEntries(Object.entries(front).filter(([, value]) => value !== undefined));
  return JSON.stringify(
    Object.entries({ ...understood, ...said, ...scale, ...emphasis }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function asFront(fields: Change): Front | undefined {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  try {
    return parseFront(given, "a neighbour");
  } catch (error) {
    // What cannot be beside the other fields is no neighbour.
    if (error instanceof FrontError) return undefined;
    throw error;
  }
}

function difference(before: Front, after: Front, names: readonly (keyof Front)[]): string {
  const words = names.flatMap((name) => {
    const value = after[name];
    if (value === before[name] || (value === undefined && before[name] === undefined)) return [];
    return value === undefined ? `no ${name}` : `${name}=${value}`;
  });
  return words.join(",");
}

function each<K extends keyof Front>(name: K, values: readonly unknown[]): Change[] {
  return values.map((value) => ({ [name]: value }));
}

function changesOf(front: Front): Change[] {
  return front.input === "waveform" ? ofWaveforms(front) : ofPictures(front);
}

/** The level of the samples, which no picture hides. */
function ofSounds({ gain }: Front): Change[] {
  return [
    ...each("gain", gain === 1 ? [32768, 2 ** 31] : [1, 32768, gain / 32768]),
    ...each("soundMean", [true, false]),
    ...each("soundPeak", [undefined, 1, 0.25]),
  ];
}

function ofWaveforms(front: Front): Change[] {
  return [
    ...ofSounds(front),
    ...each("normalise", ["none", "window", "range", "mean"]),
    { normalise: "window", epsilon: 1e-7 },
    { preEmphasis: undefined, preEmphasisBy: undefined },
    { preEmphasis: 0.97, preEmphasisBy: "sound" },
    { preEmphasis: 0.97, preEmphasisBy: "valid" },
  ];
}

function ofPictures(front: Front): Change[] {
  return [
    // What shares a transform stands together: it is computed once for all of them.
    ...each("power", [1, 2]),
    ...(front.input === "spectrogram" ? [] : ofBands(front)),
    ...ofLogarithms(front),
    ...(front.input === "mfcc" ? ofCepstra() : []),
    ...ofNormalisations(front),
    ...ofSounds(front),
    ...ofTransforms(front),
  ];
}

function ofTransforms({ sampleRate, nFft = 0 }: Front): Change[] {
  const short = Math.round(0.025 * sampleRate);
  return [
    ...each("window", ["hann", "hamming", "blackman", "povey", "rectangular"]),
    ...each("windowForm", ["periodic", "symmetric"]),
    ...each("winLength", [nFft, short]),
    ...each("pad", ["none", "reflect", "constant", "edge"]),
    ...each("removeDc", [true, false]),
    { preEmphasis: undefined, preEmphasisBy: undefined },
    ...["frame", "sound", "valid"].map((preEmphasisBy) => ({ preEmphasis: 0.97, preEmphasisBy })),
  ];
}

function ofBands({ sampleRate }: Front): Change[] {
  const tops = [7500, 7600, 8000, 11_025, 14_000, 15_000, 16_000].filter((hz) => hz < sampleRate / 2);
  const scales = ["slaney", "htk", "kaldi"];
  return [
    ...each("melScale", scales),
    ...each("melNorm", ["slaney", "none"]),
    // What libraries have together: librosa, torchaudio, Kaldi.
    { melScale: "slaney", melNorm: "slaney", straightIn: undefined },
    { melScale: "htk", melNorm: "none", straightIn: undefined },
    { melScale: "kaldi", melNorm: "none", straightIn: undefined },
    ...each("straightIn", ["hz", "mel", "bins"]),
    ...each("fMin", [0, 20, 50, 60, 125]),
    ...each("fMax", [undefined, ...tops]),
  ];
}

function ofLogarithms({ log, floor }: Front): Change[] {
  const floors = [undefined, 1.1920929e-7, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2];
  return [
    ...each("log", ["none", "ln", "log10", "log1p", "db", "pcen"]),
    ...each("floor", floors),
    ...each("floorBy", ["max", "add"]),
    ...(floor === undefined ? floors.slice(1).map((value) => ({ floor: value, floorBy: "add" })) : []),
    ...(log === "db"
      ? [
          ...each("reference", [1, "max"]),
          ...each("topDb", [undefined, 80]),
          { reference: "max", topDb: 80 },
          { reference: "max", topDb: undefined },
        ]
      : []),
    ...(log === "pcen" ? each("pcenStart", [1, 0, "first"]) : []),
  ];
}

function ofCepstra(): Change[] {
  return [
    ...each("lifter", [undefined, 22]),
    ...each("energy", [true, false]),
    ...each("dctNorm", ["ortho", "none", "htk"]),
    ...each("deltaEdge", ["repeat", "fit"]),
  ];
}

function ofNormalisations({ mean, std, normalise }: Front): Change[] {
  const times = (values: number | number[], factor: number) =>
    typeof values === "number" ? values * factor : values.map((value) => value * factor);
  const numbers: Change[] = [
    { mean: 0, std: 1 },
    { mean: times(mean, -1) },
    { std: times(std, 2) },
    { std: times(std, 0.5) },
  ];
  return [
    ...(mean === 0 && std === 1 ? [] : numbers),
    ...each("normalise", ["none", "window", "band", "range", "mean", "bandMean"]),
    ...(normalise === "none"
      ? []
      : [
          { normalise, epsilon: 1e-7 },
          { normalise, epsilon: 1e-5 },
        ]),
  ];
}
