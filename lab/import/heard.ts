/** From the samples of a window to the classifier's input: what the front does to a sound, in one graph. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { normalisedWindow, pictureOf } from "./features.ts";
import { ownPower } from "./frame-transform.ts";
import type { Front } from "./front.ts";

/** Keeps the peak of silence away from zero. */
const LEAST_PEAK = 1e-8;

/**
 * @param samples [B, 1, S]
 * @param frames that the sound gives; of no meaning to a waveform.
 * @returns [B, 1, frames, bands], or [B, 1, S] of a waveform.
 */
export function inputOf(g: GraphBuilder, samples: Tensor, front: Front, frames: number): Tensor {
  if (front.input !== "waveform") {
    return pictureOf(g, { power: powerOf(g, samples, front, frames) }, front, frames);
  }
  const { gain, mean, std } = front;
  let x = g.mul(soundOf(g, samples, front), gain);
  if (mean !== 0) x = g.sub(x, Number(mean));
  if (std !== 1) x = g.div(x, Number(std));
  return normalisedWindow(g, x, front, [2]);
}

/** The squared magnitudes of a picture's spectrum, [B, frames, F], before its gain. */
export function powerOf(g: GraphBuilder, samples: Tensor, front: Front, frames: number): Tensor {
  return ownPower(g, soundOf(g, samples, front), front, frames);
}

/** What is done to the whole sound; the gain of pictures waits for their bands, where it costs least. */
function soundOf(g: GraphBuilder, samples: Tensor, front: Front): Tensor {
  const { soundMean, soundPeak, preEmphasis, preEmphasisBy } = front;
  let x = samples;
  if (soundMean) x = g.sub(x, g.reduceMean(x, [2], true));
  if (soundPeak !== undefined) {
    const peak = g.op("Max", [g.reduceMax(g.op("Abs", [x]), [2], true), g.constant(LEAST_PEAK)]);
    x = g.mul(x, g.div(soundPeak, peak));
  }
  if (preEmphasis === undefined || preEmphasisBy === "frame") return x;
  const emphasised = g.op("Conv", [x, g.constant([-preEmphasis, 1], "float32", [1, 1, 2])], {
    kernel_shape: [2],
  });
  return preEmphasisBy === "valid" ? emphasised : g.concat([g.slice(x, 2, 0, 1), emphasised], 2);
}
