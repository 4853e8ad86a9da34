/**
 * Measures one clip in one setting: contaminates it, explains its windows by every method asked for, and asks the
 * classifier again about what each mask keeps and leaves. Holds the windows of one sound and the masks of one method.
 */

import type { ChannelChoice } from "../../../dsp/channel-choice.ts";
import { answersAlone, decide, isBelieved, strongestClass } from "../../../models/explain/class-decision.ts";
import type { Pack } from "../../../models/pack/pack.ts";
import type { LoadedFeatureJudge } from "../../../models/runtime/load-feature-judge.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { readSound } from "../../data/check-sound.ts";
import { type Random, seededBy } from "../../data/random.ts";
import type { Scene } from "../../data/scenes.ts";
import { meanRow } from "../metrics/classifier-report.ts";
import { ClipSeparation } from "../metrics/clip-separation.ts";
import { type MetricRow, meanOfRows } from "../metrics/metric-row.ts";
import { complexity, faithfulness, meanOf, sparseness } from "../metrics/metrics.ts";
import { idealBinaryMask, idealRatioMask } from "../metrics/separation.ts";
import { contaminate, type Setting } from "../plan/contamination.ts";
import {
  type SoundWindow,
  type WindowShape,
  windowShape,
  windowStarts,
  windowsAt,
} from "../plan/window-shape.ts";
import { drawScene } from "./draw-scene.ts";
import {
  askClassifier,
  askFeatureJudge,
  controlled,
  gainsOf,
  keptAndRest,
  MASK_CONTROLS,
  type MaskControl,
  runWindows,
} from "./explain-windows.ts";
import { fromTheBeginning, LocatedSound, wholeMask } from "./located-sound.ts";

/** The masks that are known to be right where the parts of a mixture are known; rows of their own. */
export const ORACLES = ["ideal-binary-mask", "ideal-ratio-mask"] as const;
export type Oracle = (typeof ORACLES)[number];

/** Windows of each sound that a method is asked to explain by a wrong class. */
const FORCED_WINDOWS = 2;

export interface SoundFile {
  readonly name: string;
  readonly path: string;
  /** Its class, where that is known. */
  readonly label?: string | undefined;
}

/** Where clips and sentences to mix in are picked from. */
export interface SoundPools {
  readonly clips: readonly SoundFile[];
  readonly sentences: readonly SoundFile[];
  /** What sounds behind the events of scenes; noise where there are none. */
  readonly backgrounds?: readonly SoundFile[] | undefined;
}

/** One contaminated sound, cut into windows, with what the classifier says of them and of their parts. */
export interface PreparedSound {
  readonly shape: WindowShape;
  readonly samples: Float32Array;
  readonly starts: readonly number[];
  readonly windows: readonly SoundWindow[];
  /** What the classifier says of each window: [classes] a window. */
  readonly whole: readonly Float32Array[];
  /** Classes that are known to be in it. */
  readonly labels: readonly string[];
  readonly parts?: MixtureParts | undefined;
  /** What is known of where a mask should lie. */
  readonly located: LocatedSound;
  /** Windows that tell what the classifier says of the sound: of a scene those that the event reaches into. */
  readonly telling: readonly Float32Array[];
}

interface MixtureParts {
  /** The part that the classifier's answer to the clip belongs to; the clip itself where that cannot be told. */
  readonly target: Part;
  readonly interferer: Part;
  /** Absent where both parts alone are called the same as the mixture, or neither is, or one is not heard beside the other. */
  readonly separation?: ClipSeparation | undefined;
}

/** One part of a mixture in each of its windows. */
interface Part {
  readonly samples: Float32Array;
  readonly windows: readonly SoundWindow[];
  readonly answers: readonly Float32Array[];
}

export async function prepareSounds(
  classifier: LoadedMethod,
  file: SoundFile,
  setting: Setting,
  pools: SoundPools,
  seed: number,
  stride: number,
  channel?: ChannelChoice,
): Promise<PreparedSound[]> {
  const shape = windowShape(classifier.pack);
  const read = (path: string) => readSound(path, shape.sampleRate, { channel });
  if (setting === "scenes") {
    const scene = await drawScene(file, { pools, sampleRate: shape.sampleRate, seed, read });
    return [await preparedScene(classifier, scene, stride)];
  }
  const random = seededBy(seed, setting, file.name);
  const mixedIn: SoundFile[] = [];
  const pick = async (files: readonly SoundFile[]) => {
    const picked = random.pick(files);
    mixedIn.push(picked);
    return read(picked.path);
  };
  const contaminated = await contaminate(
    setting,
    await read(file.path),
    {
      otherClip: () => pick(pools.clips.filter(({ path }) => path !== file.path)),
      sentence: () => pick(pools.sentences),
    },
    random,
  );
  const prepared: PreparedSound[] = [];
  for (const [index, { samples, parts }] of contaminated.entries()) {
    const starts = windowStarts(samples, shape, stride);
    const windows = windowsAt(samples, starts, shape);
    const whole = await askClassifier(classifier, windows);
    prepared.push({
      shape,
      samples,
      starts,
      windows,
      whole,
      labels: [file, mixedIn[index]].flatMap((each) => each?.label ?? []),
      parts:
        parts && whole.length > 0
          ? await mixtureParts(classifier, samples, [parts.target, parts.interferer], starts, whole)
          : undefined,
      located: new LocatedSound(samples, shape),
      telling: whole,
    });
  }
  return prepared;
}

/** A scene, whose target is its first event: the classifier need not be asked which part that is. */
async function preparedScene(
  classifier: LoadedMethod,
  { samples, events }: Scene,
  stride: number,
): Promise<PreparedSound> {
  const shape = windowShape(classifier.pack);
  const [{ label, span, stem }] = events;
  const asked = classifier.pack.labels.indexOf(label);
  if (asked < 0) throw new Error(`"${label}" is no class of pack ${classifier.pack.name}`);
  const rest = samples.map((sample, n) => sample - stem[n]);
  const starts = windowStarts(samples, shape, stride);
  const windows = windowsAt(samples, starts, shape);
  const whole = await askClassifier(classifier, windows);
  const separation = new ClipSeparation(samples, stem, rest, asked, shape);
  return {
    shape,
    samples,
    starts,
    windows,
    whole,
    labels: events.map((event) => event.label),
    parts: {
      target: await partOf(classifier, stem, starts, shape),
      interferer: await partOf(classifier, rest, starts, shape),
      separation: separation.bothHeard ? separation : undefined,
    },
    located: new LocatedSound(samples, shape, { asked, span, stem, rest }),
    telling: whole.filter((_, k) => starts[k] < span.to && starts[k] + shape.samples > span.from),
  };
}

async function partOf(
  classifier: LoadedMethod,
  samples: Float32Array,
  starts: readonly number[],
  shape: WindowShape,
): Promise<Part> {
  const windows = windowsAt(samples, starts, shape);
  return { samples, windows, answers: await askClassifier(classifier, windows) };
}

async function mixtureParts(
  classifier: LoadedMethod,
  mixture: Float32Array,
  [clip, added]: readonly [Float32Array, Float32Array],
  starts: readonly number[],
  whole: readonly Float32Array[],
): Promise<MixtureParts> {
  const shape = windowShape(classifier.pack);
  const clipPart = await partOf(classifier, clip, starts, shape);
  const addedPart = await partOf(classifier, added, starts, shape);
  const decided = (answers: readonly Float32Array[]) => strongestClass(classifier.pack, meanRow(answers));
  const decision = decided(whole);
  const isClip = decided(clipPart.answers) === decision;
  const isAdded = decided(addedPart.answers) === decision;
  const [target, interferer] = isAdded && !isClip ? [addedPart, clipPart] : [clipPart, addedPart];
  if (isClip === isAdded) return { target, interferer };
  const separation = new ClipSeparation(mixture, target.samples, interferer.samples, decision, shape);
  return { target, interferer, separation: separation.bothHeard ? separation : undefined };
}

/** Means over the windows of the contaminated sounds, by control, of a method whose mask multiplies |X|. */
export type MethodRows = Partial<Record<MaskControl, MetricRow>>;

/** The rows of one method: its own and, but for the mask of all ones, its controls. */
export async function measureMethod(
  method: LoadedMethod,
  classifier: LoadedMethod,
  sounds: readonly PreparedSound[],
  random: Random,
): Promise<MethodRows> {
  const { masking } = classifier.pack;
  const collected: Record<MaskControl, MetricRow[]> = { own: [], constant: [], shuffled: [] };
  for (const sound of sounds) {
    // Blocks of a window may have other winners than the window, and each would be explained for its own.
    const winners = sound.whole.map((row) => strongestClass(classifier.pack, row));
    const targets = method.streaming && method.method.target ? winners : undefined;
    const masks = (await runWindows(method, sound.windows, targets)).map(({ mask }) => mask);
    const flat = masks.every(isFlat);
    for (const control of flat ? MASK_CONTROLS.slice(0, 1) : MASK_CONTROLS) {
      const controls = masks.map((mask) => controlled(mask, control, random));
      collected[control].push(
        ...(await measureMasks(classifier, sound, controls, masking, control === "own")),
      );
    }
    const separation = sound.parts?.separation;
    const scene = sound.located.event !== undefined;
    if (sound.located.tells) {
      collected.own.push(await sound.located.row(method, scene ? separation : undefined));
    }
    if (separation && !scene && method.streaming) {
      const mask = await wholeMask(method, sound.samples, sound.shape, separation.asked);
      collected.own.push(separation.rowOf(fromTheBeginning(mask, sound.shape), masking));
    } else if (separation && !scene) {
      // Windows of another winner were explained for that one.
      const asked = sound.starts.flatMap((start, k) =>
        !method.method.target || winners[k] === separation.asked ? [[start, masks[k]] as const] : [],
      );
      collected.own.push(separation.row(await separation.masks(method, new Map(asked)), masking));
    }
    if (!method.method.target || flat) continue;
    const forcing = await forcedAnswers(method, classifier, sound, random);
    for (const rate of forcing) collected.own.push({ forcing: rate });
  }
  return Object.fromEntries(
    MASK_CONTROLS.filter((control) => collected[control].length > 0).map((control) => [
      control,
      meanOfRows(collected[control]),
    ]),
  );
}

export async function measureOracle(
  oracle: Oracle,
  classifier: LoadedMethod,
  sounds: readonly PreparedSound[],
): Promise<MethodRows> {
  const collected: MetricRow[] = [];
  const ideal = oracle === "ideal-binary-mask" ? idealBinaryMask : idealRatioMask;
  for (const sound of sounds) {
    if (!sound.parts) continue;
    const { target, interferer, separation } = sound.parts;
    const masks = target.windows.map(({ magnitudes }, k) =>
      ideal(magnitudes, interferer.windows[k].magnitudes),
    );
    collected.push(...(await measureMasks(classifier, sound, masks, "linear")));
    if (separation) collected.push(separation.idealRow(ideal));
    collected.push(sound.located.idealRow(ideal));
  }
  return collected.length === 0 ? {} : { own: meanOfRows(collected) };
}

/** One row a window; of what is not complete, faithfulness and mask mean alone. */
async function measureMasks(
  classifier: LoadedMethod,
  sound: PreparedSound,
  masks: readonly Float32Array[],
  masking = classifier.pack.masking,
  complete = true,
): Promise<MetricRow[]> {
  const gains = sound.windows.map((window, k) => gainsOf(window, masks[k], masking));
  const parts = sound.windows.map((window, k) => keptAndRest(window, gains[k]));
  const kept = await askClassifier(
    classifier,
    parts.map((part) => part.kept),
  );
  const rest = await askClassifier(
    classifier,
    parts.map((part) => part.rest),
  );
  return masks.map((mask, k) => ({
    ...faithfulness({ whole: sound.whole[k], kept: kept[k], rest: rest[k] }, classifier.pack),
    ...(complete ? maskRow(mask) : { mm: meanOf(mask) }),
  }));
}

/** A mask of one value says nothing of where, so that neither sparseness nor complexity rates it. */
function maskRow(mask: Float32Array): MetricRow {
  const flat = isFlat(mask);
  return { sps: flat ? null : sparseness(mask), comp: flat ? null : complexity(mask), mm: meanOf(mask) };
}

/** The row of a method whose masks lie on the classifier's own input: nothing of it can be heard. */
export async function measureFeatures(
  method: LoadedMethod,
  judge: LoadedFeatureJudge,
  sounds: readonly PreparedSound[],
): Promise<MethodRows> {
  const collected: MetricRow[] = [];
  for (const { windows, whole } of sounds) {
    const masks = (await runWindows(method, windows)).map(({ mask }) => mask);
    const kept = await askFeatureJudge(judge, windows, masks);
    const rest = await askFeatureJudge(
      judge,
      windows,
      masks.map((mask) => mask.map((value) => 1 - value)),
    );
    for (const [k, mask] of masks.entries()) {
      collected.push({
        ...faithfulness({ whole: whole[k], kept: kept[k], rest: rest[k] }, method.pack),
        ...maskRow(mask),
      });
    }
  }
  return { own: meanOfRows(collected) };
}

/** For a few windows, 100 where the mask for a random wrong class makes the classifier say that class, else 0. */
async function forcedAnswers(
  method: LoadedMethod,
  classifier: LoadedMethod,
  sound: PreparedSound,
  random: Random,
): Promise<number[]> {
  const { pack } = classifier;
  const { masking, labels, other } = pack;
  // A mask that keeps nothing is rightly heard as none of the classes, so nobody is talked into that.
  const noneOfThese = other === undefined ? -1 : labels.indexOf(other);
  const chosen = random.shuffle(sound.windows.map((_, k) => k)).slice(0, FORCED_WINDOWS);
  const wrong = chosen.map((k) => {
    // What is there, or is heard in a part of the mixture, is not wrong to ask for.
    const heard = [sound.whole[k], sound.parts?.target.answers[k], sound.parts?.interferer.answers[k]]
      .filter((answer) => answer !== undefined)
      .flatMap((answer) => saidIn(pack, answer));
    const wrongs = Array.from(labels.keys()).filter(
      (c) => c !== noneOfThese && !heard.includes(c) && !sound.labels.includes(labels[c]),
    );
    return wrongs.length === 0 ? undefined : random.pick(wrongs);
  });
  const asked = chosen.filter((_, i) => wrong[i] !== undefined);
  if (asked.length === 0) return [];
  const targets = wrong.filter((c) => c !== undefined);
  const windows = asked.map((k) => sound.windows[k]);
  const answers = await runWindows(method, windows, targets);
  const kept = await askClassifier(
    classifier,
    windows.map((window, i) => keptAndRest(window, gainsOf(window, answers[i].mask, masking)).kept),
  );
  return kept.map((answer, i) => (isSaid(pack, answer, targets[i]) ? 100 : 0));
}

/** The classes that the classifier says: the one it decides for, and of independent ones all that it believes. */
function saidIn(pack: Pack, answer: Float32Array): number[] {
  const { best, believed } = decide(pack, answer);
  return [best.index, ...believed.map(({ index }) => index)];
}

/** Whether a class is the decision; of independent ones, whether its answer is yes. */
function isSaid(pack: Pack, answer: Float32Array, target: number): boolean {
  return answersAlone(pack)
    ? isBelieved(pack, target, answer[target])
    : strongestClass(pack, answer) === target;
}

function isFlat(mask: Float32Array): boolean {
  const first = mask[0];
  return mask.every((value) => value === first);
}
