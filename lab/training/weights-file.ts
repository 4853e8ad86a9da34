/** Trained weights with what is needed to build the network again. */
import { join } from "node:path";
import type { Masking } from "../../dsp/index.ts";
import type { Pack } from "../../models/pack/pack.ts";
import type { ClassifierShape } from "../networks/classifier.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { StreamShape } from "../networks/streaming/stream-shape.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

/** A clip that a model learnt from, for its card. */
export interface Attribution {
  readonly file: string;
  readonly licence: string;
  readonly author: string;
  readonly title: string;
  readonly url: string;
}

/** What every file of weights says of how they came about. */
export interface Origin {
  readonly attributions: readonly Attribution[];
  /** Sentences on further sounds that it learnt from. */
  readonly credits: readonly string[];
  /** `soundHash` of every sound heard in training; not of runs of before. */
  readonly heard?: readonly string[] | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ClassifierMeta extends Origin {
  readonly kind: "classifier";
  readonly shape: ClassifierShape;
  readonly labels: readonly string[];
  readonly other: string;
  /** ESC-50 categories heard in training, known and other. */
  readonly categories: readonly string[];
}

/** Weights of a streaming classifier. */
export interface StreamClassifierMeta extends Origin {
  readonly kind: "stream-classifier";
  readonly shape: StreamShape;
  readonly labels: readonly string[];
  readonly answers: Pack["answers"];
  /** The label of what is of no known class, where classes exclude each other. */
  readonly other?: string | undefined;
  /** Categories heard in training, known and other. */
  readonly categories: readonly string[];
}

/** Weights of an explanation method's own. */
export interface MethodMeta<Shape = unknown> extends Origin {
  /** Which network they are of, as `LearntMethod` names it. */
  readonly kind: string;
  /** Name of the method; the kind's where it is absent. */
  readonly method?: string;
  /** What its masks multiply; |X| where it is absent. */
  readonly masking?: Masking;
  /** What builds the network again. */
  readonly shape: Shape;
}

type AnyMeta = ClassifierMeta | StreamClassifierMeta | MethodMeta;

export interface Weights<Meta extends AnyMeta> {
  readonly meta: Meta;
  readonly values: WeightValues;
}

export async function saveWeights(path: string, meta: AnyMeta, values: WeightValues): Promise<void> {
  await saveCheckpoint(path, { meta, arrays: Object.fromEntries(values) });
}

/** Of either kind. @throws Error that names the file when it cannot be read or holds no classifier. */
export async function loadAnyClassifier(
  folder: string,
): Promise<Weights<ClassifierMeta | StreamClassifierMeta>> {
  return load<ClassifierMeta | StreamClassifierMeta>(weightsIn(folder), ...CLASSIFIERS);
}

/**
 * A method's weights from the folder of their training.
 *
 * @param kind which network they have to be of; any method's without.
 * @throws Error that names the file when it cannot be read or holds the weights of something else.
 */
export async function loadRun<Shape = unknown>(
  folder: string,
  kind?: string,
): Promise<Weights<MethodMeta<Shape>>> {
  return load<MethodMeta<Shape>>(weightsIn(folder), kind);
}

/** The weights of the run in `folder`. */
export function weightsIn(folder: string): string {
  return join(folder, "weights.bin");
}

const CLASSIFIERS = ["classifier", "stream-classifier"];

async function load<Meta extends AnyMeta>(
  path: string,
  ...kinds: readonly (string | undefined)[]
): Promise<Weights<Meta>> {
  const { meta, arrays } = await loadCheckpoint<Meta>(path);
  const wanted = kinds.filter((kind) => kind !== undefined);
  const right = wanted.length === 0 ? !CLASSIFIERS.includes(meta?.kind) : wanted.includes(meta?.kind);
  if (!right) {
    throw new Error(`${path} holds the weights of a ${meta?.kind}, not of a ${wanted[0] ?? "method"}`);
  }
  return { meta, values: new Map(Object.entries(arrays)) };
}
