/** One run of a model for the windows of several sessions. */
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { StateError, type Streaming } from "../../models/runtime/streaming.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import type { JoinedAnswer, JoinedCall } from "./joined-call.ts";

/** Windows of a pack that hears windows. */
export async function explainTogether(method: LoadedMethod, call: JoinedCall): Promise<JoinedAnswer> {
  const { stft } = method.pack;
  const { magnitudes, targets, maskFrames } = call;
  const { probabilities, masks, inferenceMs } = await method.run(magnitudes, targets.length, targets);
  const [frames] = method.maskShape;
  const wanted = maskFrames * stft.bins;
  const bytes = new Uint8Array(targets.length * wanted);
  for (let n = 0; n < targets.length; n++) {
    const end = (n + 1) * frames * stft.bins;
    encodeMask(masks.subarray(end - wanted, end), bytes, n * wanted);
  }
  return { probabilities, masks: bytes, inferenceMs, magnitudes, failed: [] };
}

/** Blocks of a streaming pack, as many of each sound, each with what is remembered of that sound and of no other. */
export async function hearTogether(streaming: Streaming, call: JoinedCall): Promise<JoinedAnswer> {
  const { magnitudes, targets } = call;
  const { of, states } = call.memory!;
  const stranger = of.findIndex((each) => each !== null && each !== streaming.of);
  if (stranger >= 0) {
    const message = `a state of ${of[stranger]} is nothing to ${streaming.of}; begin that sound anew`;
    return without(streaming, call, new StateError(message, "foreign", foreign(of, streaming)));
  }
  try {
    const heard = await streaming.hearTogether(magnitudes, states, targets);
    const { probabilities, masks, inferenceMs } = heard;
    // Into what came with the call: memory that only goes to and fro makes no garbage.
    states.set(heard.states);
    const memory = { of: streaming.of, states };
    return { probabilities, masks: encodeMask(masks), inferenceMs, memory, failed: [], magnitudes };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return without(streaming, call, error);
  }
}

function foreign(of: readonly (string | null)[], streaming: Streaming): number[] {
  return [...of.keys()].filter((n) => of[n] !== null && of[n] !== streaming.of);
}

/** Those whose memory is of no use fail alone; of the others nothing was heard either, and they are heard without them. */
async function without(streaming: Streaming, call: JoinedCall, error: StateError): Promise<JoinedAnswer> {
  const { magnitudes, targets, memory } = call;
  const { of, states } = memory!;
  const count = targets.length;
  const well = [...targets.keys()].filter((n) => !error.sounds.includes(n));
  if (well.length === 0) throw error;
  const picked = (array: Float32Array) => {
    const size = array.length / count;
    const out = new Float32Array(well.length * size);
    for (const [to, from] of well.entries())
      out.set(array.subarray(from * size, (from + 1) * size), to * size);
    return out;
  };
  const spread = <A extends Float32Array | Uint8Array>(array: A, all: A) => {
    const size = array.length / well.length;
    for (const [from, to] of well.entries())
      all.set(array.subarray(from * size, (from + 1) * size), to * size);
    return all;
  };
  const answer = await hearTogether(streaming, {
    ...call,
    targets: well.map((n) => targets[n]),
    magnitudes: picked(magnitudes),
    memory: { of: well.map((n) => of[n]), states: picked(states) },
  });
  const sizeOf = (array: Float32Array | Uint8Array) => (array.length / well.length) * count;
  const heard = answer.memory!.states;
  states.fill(0);
  return {
    ...answer,
    probabilities: spread(answer.probabilities, new Float32Array(sizeOf(answer.probabilities))),
    masks: spread(answer.masks, new Uint8Array(sizeOf(answer.masks))),
    memory: { of: streaming.of, states: spread(heard, states) },
    failed: [
      ...error.sounds.map((window) => ({ window, message: error.message })),
      ...answer.failed.map(({ window, message }) => ({ window: well[window], message })),
    ],
    magnitudes,
  };
}
