/**
 * Non-negative matrix factorisation by multiplicative updates of the Euclidean distance (Lee and Seung 2001), in the
 * order in which scikit-learn's solver "mu" takes them: first the activations, then the dictionary.
 */

import { encodeModel, GraphBuilder, type Tensor as GraphTensor } from "../../models/graph/index.ts";
import type { Random } from "../data/random.ts";
import { openTrainingSession } from "./training-runtime.ts";

export interface NonNegativeMatrix {
  /** Row-major [rows, columns], nothing negative. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export interface Factors {
  /** [rows, components]. */
  readonly activations: Float32Array;
  /** [components, columns]. */
  readonly dictionary: Float32Array;
}

interface NmfOptions {
  readonly iterations: number;
  readonly threads?: number;
  /** Told after every iteration: ‖X − A·D‖ / ‖X‖ as it was before it. */
  readonly onIteration?: (done: number, error: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Random factors whose product has the matrix's mean, as scikit-learn's init "random" makes them. */
export function randomFactors(matrix: NonNegativeMatrix, components: number, random: Random): Factors {
  const mean = matrix.data.reduce((sum, value) => sum + value, 0) / matrix.data.length;
  const scale = Math.sqrt(mean / components);
  const draw = (size: number) => Float32Array.from({ length: size }, () => scale * Math.abs(random.normal()));
  return {
    activations: draw(matrix.rows * components),
    dictionary: draw(components * matrix.columns),
  };
}

/** Improves the factors; ends early, with what it has, when the signal aborts. */
export async function factorise(
  matrix: NonNegativeMatrix,
  start: Factors,
  { iterations, threads = 1, onIteration = () => {}, signal }: NmfOptions,
): Promise<Factors> {
  const { rows, columns } = matrix;
  const components = start.dictionary.length / columns;
  const { session, Tensor } = await openTrainingSession(iterationGraph(rows, columns, components), threads);
  const norm = Math.sqrt(matrix.data.reduce((sum, value) => sum + value * value, 0)) || 1;
  const x = new Tensor("float32", matrix.data, [rows, columns]);
  let activations = new Tensor("float32", start.activations, [rows, components]);
  let dictionary = new Tensor("float32", start.dictionary, [components, columns]);
  try {
    for (let done = 1; done <= iterations && !signal?.aborted; done++) {
      const next = await session.run({ x, activations, dictionary });
      activations = next["new_activations"] as typeof activations;
      dictionary = next["new_dictionary"] as typeof dictionary;
      onIteration(done, Math.sqrt(Math.max(0, Number(next["error"].data[0]))) / norm);
    }
  } finally {
    await session.release();
  }
  return {
    activations: activations.data as Float32Array,
    dictionary: dictionary.data as Float32Array,
  };
}

/** One iteration; `error` is ‖X − A·D‖² before it. */
function iterationGraph(rows: number, columns: number, components: number): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [rows, columns]);
  const activations = g.input("activations", "float32", [rows, components]);
  const dictionary = g.input("dictionary", "float32", [components, columns]);
  const transposed = (matrix: GraphTensor) => g.transpose(matrix, [1, 0]);
  const ratio = (numerator: GraphTensor, denominator: GraphTensor) =>
    g.div(numerator, g.op("Max", [denominator, g.constant(SMALLEST)]));
  const gram = g.matmul(dictionary, transposed(dictionary));
  const newActivations = g.mul(
    activations,
    ratio(g.matmul(x, transposed(dictionary)), g.matmul(activations, gram)),
  );
  const across = transposed(newActivations);
  const newDictionary = g.mul(
    dictionary,
    ratio(g.matmul(across, x), g.matmul(g.matmul(across, newActivations), dictionary)),
  );
  const difference = g.sub(x, g.matmul(activations, dictionary));
  g.output("error", g.reduceSum(g.mul(difference, difference)));
  g.output("new_activations", newActivations);
  g.output("new_dictionary", newDictionary);
  return encodeModel(g);
}

/** Keeps a component that has died from dividing by zero. */
const SMALLEST = 1e-30;
