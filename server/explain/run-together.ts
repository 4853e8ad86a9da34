/** One run of a model for the windows of several sessions. */
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { StateError, type Streaming } from "../../models/runtime/streaming.ts";
import { decodeMagnitudes } from "../../protocol/wire-levels.ts";
import type { Magnitudes } from "./backend.ts";
import { type JoinedAnswer, type JoinedCall, joinAnswers } from "./joined-call.ts";

/** Windows of a pack that hears windows. */
export async function explainTogether(method: LoadedMethod, call: JoinedCall): Promise<JoinedAnswer> {
  const { magnitudes, targets, maskFrames } = call;
  const { probabilities, masks, inferenceMs } = await method.run(linear(magnitudes), targets.length, targets);
  const answers = joinAnswers(targets.length, probabilities, masks, maskFrames * method.pack.stft.bins);
  return { answers, inferenceMs, magnitudes, failed: [] };
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
    const heard = await streaming.hearTogether(linear(magnitudes), states, targets);
    const { probabilities, masks, inferenceMs } = heard;
    // Into what came with the call: memory that only goes to and fro makes no garbage.
    states.set(heard.states);
    const memory = { of: streaming.of, states };
    const answers = joinAnswers(targets.length, probabilities, masks, masks.length / targets.length);
    return { answers, inferenceMs, memory, failed: [], magnitudes };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return without(streaming, call, error);
  }
}

/** A thread runs one call at a time: what it hears is written over by the next. */
let decoded = new Float32Array(0);

/** What it gives is written over by the next time. */
export function linear(magnitudes: Magnitudes): Float32Array {
  if (magnitudes instanceof Float32Array) return magnitudes;
  if (decoded.length < magnitudes.length) decoded = new Float32Array(magnitudes.length);
  decodeMagnitudes(magnitudes, decoded);
  return decoded.subarray(0, magnitudes.length);
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
  const picked = <A extends Magnitudes>(array: A): A => {
    const size = array.length / count;
    const out = array.slice(0, well.length * size);
    for (const [to, from] of well.entries())
      out.set(array.subarray(from * size, (from + 1) * size), to * size);
    return out as A;
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
  const { messages } = answer.answers;
  const heard = answer.memory!.states;
  states.fill(0);
  return {
    ...answer,
    answers: {
      ...answer.answers,
      messages: spread(messages, new Uint8Array((messages.length / well.length) * count)),
    },
    memory: { of: streaming.of, states: spread(heard, states) },
    failed: [
      ...error.sounds.map((window) => ({ window, message: error.message })),
      ...answer.failed.map(({ window, message }) => ({ window: well[window], message })),
    ],
    magnitudes,
  };
}
