/** Asks the classifier what it makes of its own input under a mask: the judge of methods in their feature form. */
import { type Pack, PackError, packFeatureJudge } from "../pack/pack.ts";
import { copyMagnitudes, MethodInputError } from "./method-graph.ts";
import { joined, ofWindow, takesOneWindow } from "./one-by-one.ts";
import { type Graph, openSession } from "./open-session.ts";
import type { Runtime } from "./runtime.ts";

export interface LoadedFeatureJudge {
  readonly pack: Pack;
  /** Steps of a mask in time and in frequency. */
  readonly maskShape: readonly [number, number];
  /**
   * Probabilities of `batch` windows, row-major [batch, classes], where each feature is silent + mask · (feature − silent).
   *
   * @param magnitudes linear STFT magnitudes of the whole sound, row-major [batch, frames, bins]; not changed, not kept.
   * @param masks row-major [batch, ...maskShape], in [0, 1].
   * @throws MethodInputError for wrong sizes; PackError when the graph gives no usable numbers.
   */
  run(magnitudes: Float32Array, masks: Float32Array, batch: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads the judge of a pack.
 *
 * @param graph what `OpenPack.read` gives for `packFeatureJudge(pack)`.
 * @throws PackError when the pack has no judge, or its graph cannot be read or has another signature.
 */
export async function loadFeatureJudge(
  runtime: Runtime,
  graph: Graph,
  pack: Pack,
): Promise<LoadedFeatureJudge> {
  const judge = packFeatureJudge(pack);
  const { Tensor } = runtime.ort;
  const broken = (what: string, cause?: unknown) =>
    new PackError(
      `graph ${judge.graph} of pack ${pack.name} ${pack.version} ${what}; build the pack again`,
      "model-broken",
      { cause },
    );
  const session = await openSession(runtime, graph).catch((cause: Error) => {
    throw broken(`cannot be loaded by ${runtime.name}: ${cause.message}`, cause);
  });
  if ([...session.inputNames].sort().join() !== "feature_mask,magnitudes") {
    const inputs = session.inputNames.join(", ");
    await session.release();
    throw broken(`has the inputs ${inputs}; it should have magnitudes, feature_mask`);
  }

  const maskShape = [judge.time, judge.frequency] as const;
  const wanted = (name: string, given: Float32Array, dims: readonly number[]) => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (given.length === size) return;
    throw new MethodInputError(
      `pack ${pack.name} wants ${name} [${dims}], ${size} values, and was given ${given.length}`,
    );
  };
  return {
    pack,
    maskShape,
    async run(magnitudes, masks, batch) {
      const windows = [batch, pack.windowFrames, pack.stft.bins];
      wanted("magnitudes", magnitudes, windows);
      wanted("feature masks", masks, [batch, ...maskShape]);
      const heard = new Float32Array(magnitudes.length);
      copyMagnitudes(magnitudes, heard);
      const ask = async (heard: Float32Array, masks: Float32Array, batch: number) => {
        runtime.onRun?.();
        const { probabilities } = await session.run({
          magnitudes: new Tensor("float32", heard, [batch, pack.windowFrames, pack.stft.bins]),
          feature_mask: new Tensor("float32", masks, [batch, ...maskShape]),
        });
        const values = probabilities?.data;
        if (!(values instanceof Float32Array) || values.length !== batch * pack.labels.length) {
          throw broken(`gave no float32 probabilities [${batch}, ${pack.labels.length}]`);
        }
        return values;
      };
      const alone = batch > 1 && takesOneWindow(session);
      const parts: Float32Array[] = [];
      for (let window = 0; window < (alone ? batch : 1); window++) {
        const of = (values: Float32Array) => (alone ? ofWindow(values, window, batch) : values);
        parts.push(await ask(of(heard), of(masks), alone ? 1 : batch));
      }
      const values = alone ? joined(parts) : parts[0]!;
      if (!values.every(Number.isFinite)) throw broken("gave probabilities that are not numbers");
      return values;
    },
    close: () => session.release(),
  };
}
