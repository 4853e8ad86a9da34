/**
 * The cascading randomisation check (Adebayo et al., 2018, "Sanity checks for saliency maps"): the classifier's weights
 * are randomised from the last layer to the first, and a mask that stays as it was did not come from the classifier.
 */

import { strongestClass } from "../../../models/explain/class-decision.ts";
import {
  decodeModel,
  encodeModel,
  type GraphBuilder,
  type Node,
  type Tensor,
} from "../../../models/graph/index.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { readSound } from "../../data/check-sound.ts";
import { seededBy } from "../../data/random.ts";
import { meanOf } from "../metrics/metrics.ts";
import { type SoundWindow, windowShape, windowStarts, windowsAt } from "../plan/window-shape.ts";
import { runWindows } from "./explain-windows.ts";
import type { SoundFile } from "./measure-sound.ts";
import type { MeasuringSettings } from "./measuring-contract.ts";
import type { PackModels } from "./pack-models.ts";

export interface LayerCheck {
  /** The layer randomised last: it and all behind it are random. */
  readonly layer: string;
  /** Correlation (Pearson) of the masks with the trained classifier's, mean over the windows; null for flat masks. */
  readonly correlation: number | null;
}

const WINDOWS_PER_SOUND = 2;

/** One entry a layer of the classifier, last layer first. Empty when the classifier has no weights to be found. */
export async function randomisationCheck(
  models: PackModels,
  name: string,
  files: readonly SoundFile[],
  { seed, channel }: Pick<MeasuringSettings, "seed" | "channel">,
): Promise<LayerCheck[]> {
  const shape = windowShape(models.pack);
  const windows: SoundWindow[] = [];
  for (const { path } of files) {
    const samples = await readSound(path, shape.sampleRate, { channel });
    const starts = windowStarts(samples, shape, shape.frames).slice(0, WINDOWS_PER_SOUND);
    windows.push(...windowsAt(samples, starts, shape));
  }
  const trained = await models.method(name);
  const answers = await runWindows(trained, windows);
  // The class stays the same, so that only the weights differ.
  const targets = trained.method.target
    ? answers.map(({ probabilities }) => strongestClass(models.pack, probabilities))
    : undefined;
  const before = targets ? await runWindows(trained, windows, targets) : answers;

  const graph = await models.opened.graph(name);
  const g = decodeModel(graph.bytes, { float16: "convert", external: (file) => graph.weights.get(file) });
  const random = seededBy(seed, name, "randomisation");
  const checks: LayerCheck[] = [];
  for (const { layer, weights } of classifierLayers(g).reverse()) {
    for (const weight of weights) random.shuffle(weight as unknown as number[]);
    const method = await loadMethod(models.runtime, encodeModel(g), models.pack, name);
    try {
      const after = await runWindows(method, windows, targets);
      const correlations = after
        .map(({ mask }, k) => correlation(mask, before[k].mask))
        .filter((value) => value !== null);
      checks.push({ layer, correlation: correlations.length === 0 ? null : meanOf(correlations) });
    } finally {
      await method.close();
    }
  }
  return checks;
}

const LAYER_OPERATORS = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
/** Names that the graph builder makes up: of tables that are no weights, and of operators that are no layers. */
const MADE_UP_WEIGHT = /(^|\/)constant_\d+$/;
const MADE_UP_LAYER = /(^|\/)(ConvTranspose|MatMul)_\d+$/;

/** What feeds a classifier its input, a filter bank or an inverse transform, was not learnt. */
function isLearnt(node: Node, weight: Tensor): boolean {
  return !MADE_UP_WEIGHT.test(weight.name) || !MADE_UP_LAYER.test(node.name);
}

/** Weights of the layers that the probabilities come from, in the order in which they are computed. */
function classifierLayers(g: GraphBuilder): { layer: string; weights: Float32Array[] }[] {
  const probabilities = g.outputs.get("probabilities");
  if (!probabilities) return [];
  const needed = new Set<Tensor>();
  const waiting = [probabilities];
  for (let tensor = waiting.pop(); tensor; tensor = waiting.pop()) {
    if (needed.has(tensor)) continue;
    needed.add(tensor);
    for (const input of g.producer(tensor)?.inputs ?? []) if (input) waiting.push(input);
  }
  const layers: { layer: string; weights: Float32Array[] }[] = [];
  const seen = new Set<Tensor>();
  for (const node of g.nodes) {
    if (!LAYER_OPERATORS.has(node.op) || !needed.has(node.outputs[0])) continue;
    const weights: Float32Array[] = [];
    for (const input of node.inputs) {
      if (!input || seen.has(input) || !isLearnt(node, input)) continue;
      const data = g.constantOf(input)?.data;
      if (!(data instanceof Float32Array) || data.length < 2) continue;
      seen.add(input);
      weights.push(data);
    }
    if (weights.length > 0) layers.push({ layer: node.name, weights });
  }
  return layers;
}

/** Pearson's, of two masks; null where one of them is the same everywhere. */
export function correlation(a: Float32Array, b: Float32Array): number | null {
  const meanA = meanOf(a);
  const meanB = meanOf(b);
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let k = 0; k < a.length; k++) {
    both += (a[k] - meanA) * (b[k] - meanB);
    ofA += (a[k] - meanA) ** 2;
    ofB += (b[k] - meanB) ** 2;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : null;
}
