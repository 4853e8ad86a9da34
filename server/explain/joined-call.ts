/**
 * Windows of many sessions in one piece, as they go to a thread and come back: a few arrays a call, however many windows.
 * All of it is copied where the sessions are, so that what is theirs stays theirs.
 */
import type { QueryKind, WindowOutcome, WindowQuery } from "./backend.ts";

export interface JoinedCall extends QueryKind {
  /** A class for each window. */
  readonly targets: readonly number[];
  /** Row-major [windows, frames, bins]; given away, and comes back. */
  readonly magnitudes: Float32Array;
  /** Of streaming packs. */
  readonly memory?: JoinedMemory;
}

interface JoinedMemory {
  /** Whose states they are, as `StreamState.of`; null where a sound begins. */
  readonly of: readonly (string | null)[];
  /** Row-major [windows, S], zeros where a sound begins; given away, and comes back. */
  readonly states: Float32Array;
}

export interface JoinedAnswer {
  readonly inferenceMs: number;
  /** Row-major, as much for each window. */
  readonly probabilities: Float32Array;
  readonly masks: Uint8Array;
  /** Of streaming packs; in the memory of the call's own. */
  readonly memory?: { readonly of: string; readonly states: Float32Array };
  /** Windows that were not answered, and why: what stands for them means nothing. */
  readonly failed: readonly { readonly window: number; readonly message: string }[];
  /** The call's, for the next one. */
  readonly magnitudes: Float32Array;
}

/** What moves from thread to thread instead of being copied. */
export function memoryOf(arrays: readonly (Float32Array | Uint8Array | undefined)[]): ArrayBuffer[] {
  return [...new Set(arrays.filter((each) => each !== undefined).map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Memory of calls that came back, for the next ones, by powers of two. */
export class CallMemory {
  readonly #free = new Map<number, ArrayBuffer[]>();

  /** @param most pieces of a size that are kept. */
  constructor(private readonly most: number) {}

  /** What it holds is old. */
  take(values: number): Float32Array {
    const bytes = 4 * 2 ** Math.ceil(Math.log2(Math.max(1, values)));
    const buffer = this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    return new Float32Array(buffer, 0, values);
  }

  give(array: Float32Array | undefined): void {
    if (!array) return;
    const { byteLength } = array.buffer;
    const free = this.#free.get(byteLength) ?? [];
    this.#free.set(byteLength, free);
    if (free.length < this.most) free.push(array.buffer as ArrayBuffer);
  }
}

/**
 * @param windows alike, and as long as each other; what they remember is of the right size.
 * @param state numbers of a state, with streaming packs.
 */
export function joinCall(
  windows: readonly WindowQuery[],
  state: number | undefined,
  memory: CallMemory,
): JoinedCall {
  const [{ pack, method, maskFrames, magnitudes: first }] = windows;
  const size = first.length;
  const magnitudes = memory.take(windows.length * size);
  for (const [n, each] of windows.entries()) magnitudes.set(each.magnitudes, n * size);
  const call = { pack, method, maskFrames, targets: windows.map(({ target }) => target), magnitudes };
  return state === undefined ? call : { ...call, memory: joinMemory(windows, state, memory) };
}

function joinMemory(windows: readonly WindowQuery[], state: number, memory: CallMemory): JoinedMemory {
  const states = memory.take(windows.length * state);
  for (const [n, { memory: known }] of windows.entries()) {
    if (known) states.set(known.values, n * state);
    else states.fill(0, n * state, (n + 1) * state);
  }
  return { of: windows.map((each) => each.memory?.of ?? null), states };
}

/** What each window is answered: views of the answer, to be copied by whoever keeps them. */
export function splitAnswer(windows: readonly WindowQuery[], answer: JoinedAnswer): WindowOutcome[] {
  const { probabilities, masks, inferenceMs, memory, failed } = answer;
  const count = windows.length;
  const piece = <A extends Float32Array | Uint8Array>(array: A, n: number) => {
    const size = array.length / count;
    return array.subarray(n * size, (n + 1) * size) as A;
  };
  const outcomes: WindowOutcome[] = windows.map((window, n) => ({
    probabilities: piece(probabilities, n),
    mask: piece(masks, n),
    inferenceMs,
    ...(memory && {
      memory: { of: memory.of, frames: heardFrames(window), values: piece(memory.states, n) },
    }),
  }));
  for (const { window, message } of failed) outcomes[window] = new Error(message);
  return outcomes;
}

function heardFrames({ memory, maskFrames }: WindowQuery): number {
  return (memory?.frames ?? 0) + maskFrames;
}
