/**
 * The pack: a released model as a folder of `pack.json` and ONNX graphs, one graph per explanation method.
 *
 * Every graph has the same signature, so the runtime never knows which method it runs:
 *
 *   magnitudes  float32 [B, T, F]   linear STFT magnitudes |X| (unnormalised transform, periodic Hann)
 *   phases      float32 [B, T, F]   only in packs that say so: the phases of the same frames in radians
 *   target      int64   [B]         optional input: the class to explain, or -1 for the winning class
 *   → probabilities  float32 [B, C]
 *   → mask           float32 [B, T, F] in [0, 1]
 *
 * The graphs of a streaming pack hear a sound block by block, each block once, and remember by a state that goes in and out:
 *
 *   state       float32 [B, S]      zeros where a sound begins or something of it is missing, else `next_state` of the block before
 *   → next_state     float32 [B, S]
 *
 * There T is the frames of a block, and what is answered is of its end: `look-ahead` is what is left of a frame's block. The
 * same graph for n blocks at once gives `probabilities` [B, n, C], a row a block, and the masks of all their frames.
 *
 * For evaluation a pack may also hold its methods in the form that masks the classifier's own input ("not listenable":
 * nobody can hear a log-mel picture). Those graphs give `mask` [B, t, m], steps of that input in time and in frequency,
 * and one more graph, the judge, tells what the classifier says of its input under such a mask.
 *
 * Weights that several graphs have lie once, in a file beside them (ONNX's external data): a graph's entry names the files
 * that it takes weights from. A prepared pack also holds what the live page asks for, cut out of its graphs: the masks of a
 * window's newest frames alone, and the classifier without a mask. Format 1 is of packs whose methods' graphs hold all their
 * weights themselves, so that readers of before know them; format 3 of streaming packs and of those whose classes answer independently; format 2
 * of all others.
 */
import * as v from "valibot";
import { checkedShape } from "../../dsp/frames.ts";
import type { AudioShape } from "../../protocol/audio-shape.ts";
import { oddParents, type Parents } from "./class-tree.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const fileName = v.pipe(v.string(), v.regex(/^[\w][\w.-]*$/, "must be a plain file name inside the pack"));

const graphEntries = {
  graph: fileName,
  /** Other files of the pack that hold weights of this graph. */
  weights: v.optional(v.array(fileName)),
};

const cutSchema = v.object({
  /** The graph gives masks of so many of a window's newest frames. */
  frames: count,
  ...graphEntries,
});

const blocksSchema = v.object({
  /** Frames that the graph takes at once: a multiple of the pack's block. */
  frames: count,
  ...graphEntries,
});

const methodSchema = v.object({
  /** Short name used on the command line and the wire, e.g. "lmac". */
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, "must be lower-case letters, digits and dashes")),
  /** Name shown to people, e.g. "L-MAC". */
  title: v.string(),
  ...graphEntries,
  /** Whether the graph takes a `target` input. */
  target: v.optional(v.boolean(), false),
  /** The method's settings when its graph was built, for people. */
  parameters: v.optional(v.record(v.string(), v.number())),
  /** Prepared graphs of its newest frames, the fewest first; none where that would compute no less. */
  newest: v.optional(v.array(cutSchema)),
  /** Of streaming packs: the same for several blocks at once, the fewest first, with the same state. */
  blocks: v.optional(v.array(blocksSchema)),
});

const featureJudgeSchema = v.object({
  /** `magnitudes [B, T, F], feature_mask [B, t, m] → probabilities [B, C]`. */
  ...graphEntries,
  /** t: steps of the classifier's own input in time. */
  time: count,
  /** m: steps of the classifier's own input in frequency. */
  frequency: count,
});

const packSchema = v.object({
  format: v.picklist([1, 2, 3]),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, "must be lower-case letters, digits and dashes")),
  version: v.string(),
  title: v.string(),
  licence: v.string(),
  /** Class names in the order of the probabilities. */
  labels: v.pipe(v.array(v.string()), v.minLength(2)),
  /** The label that means "none of the known classes", if the classifier has one. */
  other: v.optional(v.string()),
  /**
   * How the classes answer: exclusive (softmax: a row of probabilities sums to one, one class is the answer) or independent
   * (each class its own yes or no; none may be there, or several).
   */
  answers: v.optional(v.picklist(["exclusive", "independent"]), "exclusive"),
  /** A class is believed when its probability is at least this. */
  threshold: fraction,
  /** The same, class by class, in the order of the labels; where there are none `threshold` is every class's. */
  thresholds: v.optional(v.array(fraction)),
  /**
   * Of independent classes: the index of each class's parent among the labels, or null. A class and one below it are heard of one
   * sound: the special one is said first (`models/explain/class-decision.ts`).
   */
  parents: v.optional(v.array(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))))),
  sampleRate: count,
  stft: v.object({ window: count, hop: count, bins: count }),
  /** Categories of sounds heard in training, known and other: what is not among them is new to the classifier. */
  heardCategories: v.optional(v.array(v.string())),
  /** T: frames in one window, or in one block of a streaming pack. */
  windowFrames: count,
  /** There in streaming packs. */
  streaming: v.optional(
    v.object({
      /** S: numbers that the graph remembers a sound by, from block to block. */
      state: count,
    }),
  ),
  /**
   * Every graph also takes the phases: the classifier hears the waveform. Such a pack runs where the phases are, in the
   * page itself or in `explain`; a server is never told them.
   */
  phases: v.optional(v.boolean()),
  /** The domain in which the mask multiplies: |X| or log1p(|X|). */
  masking: v.picklist(["linear", "log1p"]),
  /** The first method is the default. */
  methods: v.pipe(v.array(methodSchema), v.minLength(1)),
  /** The classifier by itself, in a prepared pack: every method's signature without `target`, with masks of zeros. */
  classifier: v.optional(v.object({ ...graphEntries, blocks: v.optional(v.array(blocksSchema)) })),
  /** Methods whose masks lie on the classifier's own input: for evaluation, never to be picked live. */
  featureMethods: v.optional(v.array(methodSchema)),
  /** There when there are feature methods. */
  featureJudge: v.optional(featureJudgeSchema),
});

export type Pack = v.InferOutput<typeof packSchema>;
export type PackMethod = v.InferOutput<typeof methodSchema>;
export type FeatureJudge = v.InferOutput<typeof featureJudgeSchema>;

/** A graph of a pack, and where its weights are. */
export type PackGraph = Pick<PackMethod, "graph" | "weights">;

/** Why a pack or one of its graphs cannot be used: its files are not there, or they do not hold what they should. */
export type PackErrorCode = "model-missing" | "model-broken";

export class PackError extends Error {
  override name = "PackError";
  constructor(
    message: string,
    readonly code: PackErrorCode = "model-broken",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Checks the parsed text of a `pack.json`; `source` is named in the error. */
export function parsePack(json: unknown, source: string): Pack {
  const result = v.safeParse(packSchema, json);
  if (!result.success) {
    const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
    throw new PackError(`${source} is not a usable pack: ${problems.join("; ")}`);
  }
  const pack = result.output;
  if (pack.other !== undefined && !pack.labels.includes(pack.other)) {
    throw new PackError(`${source}: other "${pack.other}" is not among its labels`);
  }
  if (pack.thresholds && pack.thresholds.length !== pack.labels.length) {
    throw new PackError(
      `${source}: there are ${pack.thresholds.length} thresholds for ${pack.labels.length} labels; give one for each`,
    );
  }
  if (pack.parents) checkParents(pack, pack.parents, source);
  for (const { name, blocks = [] } of [...pack.methods, { ...pack.classifier, name: "classifier" }]) {
    const odd = blocks.find(({ frames }) => frames % pack.windowFrames || frames === pack.windowFrames);
    if (odd || (blocks.length > 0 && !pack.streaming)) {
      throw new PackError(
        `${source}: method ${name} has graphs for several blocks${odd ? ` of ${odd.frames} frames` : ""}; they are of ` +
          `streaming packs, and of a multiple of ${pack.windowFrames} frames`,
      );
    }
  }
  if (pack.featureMethods?.length && !pack.featureJudge) {
    throw new PackError(`${source}: it has featureMethods, but no featureJudge to try their masks with`);
  }
  return pack;
}

function checkParents({ labels, answers, other }: Pack, parents: Parents, source: string): void {
  if (answers !== "independent") {
    throw new PackError(`${source}: parents are of independent classes; of exclusive ones one is the answer`);
  }
  const odd = oddParents(parents, labels.length);
  if (odd) throw new PackError(`${source}: parents: ${odd}`);
  const none = other === undefined ? -1 : labels.indexOf(other);
  if (none >= 0 && (parents[none] !== null || parents.includes(none))) {
    throw new PackError(
      `${source}: parents: "${other}" is none of the classes, so nothing is above or below it`,
    );
  }
}

/**
 * What the live path follows the pack in.
 *
 * @throws PackError when sound cannot be cut into the frames that the pack names and put together again.
 */
export function audioShape({ name, sampleRate, stft, phases = false }: Pack): AudioShape {
  const { window, hop, bins } = stft;
  try {
    checkedShape(stft);
  } catch (cause) {
    throw new PackError(`pack ${name}: stft.${(cause as Error).message}`, "model-broken", { cause });
  }
  if (hop > window / 2 || bins !== window / 2 + 1) {
    throw new PackError(
      `pack ${name}: frames of ${window} samples have ${window / 2 + 1} bins and come at most ${window / 2} samples apart, ` +
        `not ${bins} bins and ${hop} samples`,
    );
  }
  return { sampleRate, window, hop, bins, phases };
}

/** Probability from which each class is believed, in the order of the labels. */
export function classThresholds({
  labels,
  threshold,
  thresholds,
}: Pick<Pack, "threshold"> & {
  readonly labels: readonly string[];
  readonly thresholds?: readonly number[] | undefined;
}): readonly number[] {
  return thresholds ?? labels.map(() => threshold);
}

/** The named method of the pack, or its default one when no name is given. */
export function packMethod(pack: Pack, name?: string): PackMethod {
  const method = name === undefined ? pack.methods[0] : pack.methods.find((each) => each.name === name);
  if (!method) {
    const known = pack.methods.map((each) => each.name).join(", ");
    throw new PackError(`pack ${pack.name} has no method "${name}"; it has: ${known}`);
  }
  return method;
}

/** The named method in the form that masks the classifier's own input. */
export function packFeatureMethod(pack: Pack, name: string): PackMethod {
  const method = pack.featureMethods?.find((each) => each.name === name);
  if (!method) {
    const known = pack.featureMethods?.map((each) => each.name).join(", ");
    throw new PackError(
      `pack ${pack.name} has no method "${name}" on the classifier's own input; ` +
        (known ? `it has: ${known}` : "build it with listenable pack --features"),
    );
  }
  return method;
}

/** The graph that judges masks on the classifier's own input. */
export function packFeatureJudge(pack: Pack): FeatureJudge {
  if (!pack.featureJudge) {
    throw new PackError(
      `pack ${pack.name} has no judge of masks on the classifier's own input; build it with listenable pack --features`,
    );
  }
  return pack.featureJudge;
}
