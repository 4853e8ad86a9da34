/**
 * Windows of many sessions in one piece, as they go to a thread and come back: a few arrays a call, however many windows.
 * All of it is copied where the sessions are, so that what is theirs stays theirs.
 */
import type { StreamState } from "../../models/runtime/streaming.ts";
import { EXPLANATION_HEAD } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import type { Magnitudes, QueryKind, WindowOutcome, WindowQuery } from "./backend.ts";

export interface JoinedCall extends QueryKind {
  /** A class for each window. */
  readonly targets: readonly number[];
  /** Row-major [windows, frames, bins], as `form` says; given away, and comes back. */
  readonly magnitudes: Magnitudes;
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
  readonly answers: JoinedAnswers;
  /** Of streaming packs; in the memory of the call's own. */
  readonly memory?: { readonly of: string; readonly states: Float32Array };
  /** Windows that were not answered, and why: what stands for them means nothing. */
  readonly failed: readonly { readonly window: number; readonly message: string }[];
  /** The call's, for the next one. */
  readonly magnitudes: Magnitudes;
}

/** What each window is answered, as it travels to its client. */
interface JoinedAnswers {
  /** A message a window, each from a multiple of four bytes on: room for its head, probabilities, mask. */
  readonly messages: Uint8Array;
  /** Of one window. */
  readonly probabilities: number;
  readonly maskBytes: number;
}

/**
 * @param probabilities row-major, as many for each window.
 * @param masks row-major [windows, frames, bins] in [0, 1], of which the newest `maskSize` values of each window are told.
 */
export function joinAnswers(
  windows: number,
  probabilities: Float32Array,
  masks: Float32Array,
  maskSize: number,
): JoinedAnswers {
  const believed = probabilities.length / windows;
  const maskAt = EXPLANATION_HEAD + 4 * believed;
  const stride = 4 * Math.ceil((maskAt + maskSize) / 4);
  const messages = new Uint8Array(windows * stride);
  const floats = new Float32Array(messages.buffer);
  for (let n = 0; n < windows; n++) {
    const own = probabilities.subarray(n * believed, (n + 1) * believed);
    floats.set(own, (n * stride + EXPLANATION_HEAD) / 4);
    const end = ((n + 1) * masks.length) / windows;
    encodeMask(masks.subarray(end - maskSize, end), messages, n * stride + maskAt);
  }
  return { messages, probabilities: believed, maskBytes: maskSize };
}

/** What moves from thread to thread instead of being copied. */
export function memoryOf(arrays: readonly (Magnitudes | undefined)[]): ArrayBuffer[] {
  return [...new Set(arrays.filter((each) => each !== undefined).map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Memory of calls that came back, for the next ones, by powers of two. */
export class CallMemory {
  readonly #free = new Map<number, ArrayBuffer[]>();

  /** @param most pieces of a size that are kept. */
  constructor(private readonly most: number) {}

  /** What it holds is old. */
  take<A extends Magnitudes>(Kind: KindOf<A>, values: number): A {
    const bytes = 2 ** Math.ceil(Math.log2(Math.max(1, values) * Kind.BYTES_PER_ELEMENT));
    const buffer = this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    return new Kind(buffer, 0, values);
  }

  give(array: Magnitudes | undefined): void {
    if (!array) return;
    const { byteLength } = array.buffer;
    const free = this.#free.get(byteLength) ?? [];
    this.#free.set(byteLength, free);
    if (free.length < this.most) free.push(array.buffer as ArrayBuffer);
  }
}

interface KindOf<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): A;
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
  const magnitudes = memory.take(first.constructor as KindOf<Magnitudes>, windows.length * size);
  for (const [n, each] of windows.entries()) magnitudes.set(each.magnitudes, n * size);
  const call = { pack, method, maskFrames, targets: windows.map(({ target }) => target), magnitudes };
  return state === undefined ? call : { ...call, memory: joinMemory(windows, state, memory) };
}

function joinMemory(windows: readonly WindowQuery[], state: number, memory: CallMemory): JoinedMemory {
  const states = memory.take(Float32Array, windows.length * state);
  for (const [n, { memory: known }] of windows.entries()) {
    if (known) states.set(known.values, n * state);
    else states.fill(0, n * state, (n + 1) * state);
  }
  return { of: windows.map((each) => each.memory?.of ?? null), states };
}

/** What each window is answered: views of the answer, to be copied by whoever keeps them. */
export function splitAnswer(windows: readonly WindowQuery[], answer: JoinedAnswer): WindowOutcome[] {
  const { answers, inferenceMs, memory, failed } = answer;
  const { messages, probabilities, maskBytes } = answers;
  const stride = messages.length / windows.length;
  const maskAt = EXPLANATION_HEAD + 4 * probabilities;
  const outcomes: WindowOutcome[] = windows.map((window, n) => {
    const room = messages.subarray(n * stride, n * stride + maskAt + maskBytes);
    return {
      room,
      probabilities: new Float32Array(room.buffer, room.byteOffset + EXPLANATION_HEAD, probabilities),
      mask: room.subarray(maskAt),
      inferenceMs,
      ...(memory && { memory: stateOf(memory, n, window, windows.length) }),
    };
  });
  for (const { window, message } of failed) outcomes[window] = new Error(message);
  return outcomes;
}

function stateOf(
  { of, states }: NonNullable<JoinedAnswer["memory"]>,
  n: number,
  { memory, maskFrames }: WindowQuery,
  windows: number,
): StreamState {
  const size = states.length / windows;
  const values = states.subarray(n * size, (n + 1) * size);
  return { of, frames: (memory?.frames ?? 0) + maskFrames, values };
}
