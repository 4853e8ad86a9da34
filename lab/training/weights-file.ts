/** Trained weights with what is needed to build the network again. */
import type { Masking } from "../../dsp/index.ts";
import type { L2iShape } from "../methods/l2i.ts";
import type { ClassifierShape } from "../networks/classifier.ts";
import type { DecoderShape } from "../networks/decoder.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
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

/** The improved loss, the published one, the second stage of either, and the one trained on mixtures with known parts. */
export type DecoderMethod = "lmac" | "lmac-plain" | "lmac-ft" | "lmac-selective";

export interface DecoderMeta {
  readonly kind: "lmac";
  readonly shape: DecoderShape;
  /** "lmac" where it is absent. */
  readonly method?: DecoderMethod;
  /** What its masks multiply; |X| where it is absent. */
  readonly masking?: Masking;
  readonly attributions: readonly Attribution[];
  /** Sentences on further sounds that it learnt from. */
  readonly credits: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface L2iMeta {
  readonly kind: "l2i";
  readonly shape: L2iShape;
  readonly attributions: readonly Attribution[];
  /** Sentences on further sounds that it learnt from. */
  readonly credits: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export type WeightsMeta = ClassifierMeta | DecoderMeta | L2iMeta;

export async function saveWeights(path: string, meta: WeightsMeta, values: WeightValues): Promise<void> {
  await saveCheckpoint(path, { meta, arrays: Object.fromEntries(values) });
}

export interface Weights<Meta extends WeightsMeta> {
  readonly meta: Meta;
  readonly values: WeightValues;
}

/** @throws Error that names the file when it cannot be read or holds the weights of something else. */
export async function loadWeights<Kind extends WeightsMeta["kind"]>(
  path: string,
  kind: Kind,
): Promise<Weights<Extract<WeightsMeta, { kind: Kind }>>> {
  const { meta, arrays } = await loadCheckpoint<WeightsMeta>(path);
  if (meta?.kind !== kind) throw new Error(`${path} holds the weights of a ${meta?.kind}, not of a ${kind}`);
  return { meta: meta as Extract<WeightsMeta, { kind: Kind }>, values: new Map(Object.entries(arrays)) };
}
