/**
 * The streaming classifier as methods, decoders and metrics see it: on windows that begin in silence. Live it goes on from
 * block to block with the same weights (`stream-graph.ts`).
 */
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";
import type { AnswerForm } from "../answers.ts";
import type { ClassifierAnswer, ExplainedClassifier } from "../explained-classifier.ts";
import { FrozenLayers, type WeightValues } from "../frozen-layers.ts";
import { OWN_STFT } from "../own-shape.ts";
import { follow, framePowers, heardAgainst } from "./front.ts";
import { Silence } from "./past.ts";
import { classifyStream, streamEmbedding } from "./stream-classifier.ts";
import { STEP_FRAMES, type StreamShape } from "./stream-shape.ts";

/** [embedding, classes]: the last layer, whose columns tell the decoder which class it is asked about. */
export function headRows(layers: FrozenLayers, shape: StreamShape): Tensor {
  return layers.weight("classifier.head.weight", [streamEmbedding(shape), shape.classes]);
}

export function streamClassifier(
  values: WeightValues,
  shape: StreamShape,
  form: AnswerForm,
): ExplainedClassifier {
  const heard = (g: GraphBuilder, part: Tensor, whole: Tensor) => {
    const around = follow(g, new Silence(g), framePowers(g, whole, shape));
    return heardAgainst(g, framePowers(g, part, shape), around);
  };
  const steps = shape.frames / STEP_FRAMES;
  return {
    frames: shape.frames,
    bins: shape.bins,
    sampleRate: shape.sampleRate,
    stft: OWN_STFT,
    classes: shape.classes,
    ...form,
    needsPhases: false,
    features: (g, magnitudes) => heard(g, magnitudes, magnitudes),
    partFeatures: heard,
    classify(g, features): ClassifierAnswer {
      const layers = new FrozenLayers(g, values);
      const past = new Silence(g);
      const last = classifyStream(layers, past, features, shape, {
        at: [steps - 1],
        latentsOnTheWay: true,
      });
      return {
        logits: g.reshape(last.logits, [-1, shape.classes]),
        latents: last.latents,
        findings: () => ({
          shape,
          features,
          logits: classifyStream(layers, past, features, shape).logits,
          rows: headRows(layers, shape),
        }),
      };
    },
  };
}
