// The classifier of test/reference/methods_captum.py, as the methods see it.
import { readFileSync } from "node:fs";
import type { ExplainedClassifier } from "../../../lab/networks/explained-classifier.ts";
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";

const FLOOR = 1e-3;

export interface Packed {
  shape: number[];
  data: Float32Array;
}

const text = readFileSync(new URL("../../fixtures/methods/captum.json", import.meta.url), "utf8");
export const captum: Readonly<Record<string, Packed>> = Object.fromEntries(
  Object.entries(JSON.parse(text) as Record<string, { shape: number[]; data: string }>).map(
    ([key, { shape, data }]) => [
      key,
      { shape, data: new Float32Array(new Uint8Array(Buffer.from(data, "base64")).buffer) },
    ],
  ),
);

const [, frames, bins] = captum["magnitudes"].shape;
const mels = captum["bands"].shape[1];
const classes = captum["dense.bias"].data.length;

export const tinyClassifier: ExplainedClassifier = {
  frames,
  bins,
  sampleRate: 16_000,
  stft: { window: 32, hop: 8 },
  classes,
  needsPhases: false,
  features(g, magnitudes) {
    const power = g.mul(magnitudes, magnitudes);
    const bands = g.matmul(power, g.constant(captum["bands"].data, "float32", captum["bands"].shape));
    return g.reshape(g.log(g.add(bands, FLOOR)), [-1, 1, frames, mels]);
  },
  classify(g, features) {
    const first = g.relu(convolution(g, "conv1", features));
    const pooled = g.op("MaxPool", [first], { kernel_shape: [2, 2], strides: [2, 2] });
    const second = g.relu(convolution(g, "conv2", pooled));
    const weight = weights(g, "dense.weight");
    const logits = g.op("Gemm", [g.reduceMean(second, [2, 3]), weight, weights(g, "dense.bias")], {
      transB: 1,
    });
    return { logits, latents: [first, second] };
  },
  featureMap: { time: frames, frequency: mels, silent: Math.log(FLOOR), toBins: captum["toBins"].data },
};

function convolution(g: GraphBuilder, name: string, x: Tensor): Tensor {
  return g.op("Conv", [x, weights(g, `${name}.weight`), weights(g, `${name}.bias`)], { pads: [1, 1, 1, 1] });
}

function weights(g: GraphBuilder, name: string): Tensor {
  return g.constant(captum[name].data, "float32", captum[name].shape);
}
