/** Trained weights with what is needed to build the network again. */
import type { ClassifierShape } from "../classifier.ts";
import type { DecoderShape } from "../decoder.ts";
import type { WeightValues } from "../frozen-layers.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

/** A clip that a model learnt from, for its card. */
export interface Attribution {
  readonly file: string;
  readonly licence: string;
  readonly author: string;
  readonly title: string;
  readonly url: string;
}

export interface ClassifierMeta {
  readonly kind: "classifier";
  readonly shape: ClassifierShape;
  readonly labels: readonly string[];
  readonly other: string;
  /** ESC-50 categories heard in training, known and other. */
  readonly categories: readonly string[];
  readonly attributions: readonly Attribution[];
  /** Sentences on further sounds that it learnt from. */
  readonly credits: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface DecoderMeta {
  readonly kind: "lmac";
  readonly shape: DecoderShape;
  readonly attributions: readonly Attribution[];
  /** Sentences on further sounds that it learnt from. */
  readonly credits: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export async function saveWeights(
  path: string,
  meta: ClassifierMeta | DecoderMeta,
  values: WeightValues,
): Promise<void> {
  await saveCheckpoint(path, { meta, arrays: Object.fromEntries(values) });
}

export async function loadWeights<Kind extends "classifier" | "lmac">(
  path: string,
  kind: Kind,
): Promise<{ meta: Extract<ClassifierMeta | DecoderMeta, { kind: Kind }>; values: WeightValues }> {
  const { meta, arrays } = await loadCheckpoint<ClassifierMeta | DecoderMeta>(path);
  if (meta?.kind !== kind) throw new Error(`${path} holds the weights of a ${meta?.kind}, not of a ${kind}`);
  return {
    meta: meta as Extract<ClassifierMeta | DecoderMeta, { kind: Kind }>,
    values: new Map(Object.entries(arrays)),
  };
}
