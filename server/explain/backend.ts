/** What runs the model for the server, away from the event loop. */
import type { StreamState } from "../../models/runtime/streaming.ts";
import type { Levels } from "../../protocol/wire-levels.ts";

export interface WindowQuery extends QueryKind {
  /** Class to explain; -1 is the winner. */
  readonly target: number;
  /** Row-major [frames, bins], as `form` says. Copied before `explain` returns. */
  readonly magnitudes: Magnitudes;
  /**
   * There with streaming packs, whose windows are the newest blocks: what the graph remembers of the same sound up to them, or
   * null where they begin it. Copied too.
   */
  readonly memory?: StreamState | null;
}

/** Linear, or as their client sent them: those are decoded where the model runs, so that less has to be moved. */
export type Magnitudes = Float32Array | Levels;
type MagnitudesForm = "linear" | "16-bit" | "8-bit";

export function formOf(magnitudes: Magnitudes): MagnitudesForm {
  if (magnitudes instanceof Float32Array) return "linear";
  return magnitudes instanceof Uint16Array ? "16-bit" : "8-bit";
}

/** What windows of one call have in common. */
export interface QueryKind {
  /** Folder of the pack, and which reading of it: a reload makes a new one. */
  readonly pack: PackReading;
  readonly method: string;
  /** So many of the window's newest frames get a mask, 1 to all of them; of blocks, as many as there are. */
  readonly maskFrames: number;
  /** Of the magnitudes; default "linear". */
  readonly form?: MagnitudesForm;
}

/** The files of a pack as they were at one time. */
export interface PackReading {
  readonly folder: string;
  /** Grows with every reading. */
  readonly generation: number;
}

/** Its arrays are the call's until the event loop turns: whoever keeps them copies them. */
export interface WindowResult {
  /** [classes]; with streaming packs row-major [blocks, classes]. */
  readonly probabilities: Float32Array;
  /** Row-major [mask frames, bins], 255 is 1: quantised where the model ran, so that less has to be moved. */
  readonly mask: Uint8Array;
  /** A message for the client that holds both in their places, see `encodeExplanation`; whoever writes its head may keep it. */
  readonly room?: Uint8Array;
  /** Inside the model, for the whole batch. */
  readonly inferenceMs: number;
  /** There with streaming packs: what the graph remembers now. */
  readonly memory?: StreamState;
}

/** An error is of that window alone: the others of its call are answered. */
export type WindowOutcome = WindowResult | Error;

export interface Backend {
  /** For people: "onnxruntime-node 1.30.0, CPU, 1 thread". */
  readonly description: string;
  /** Calls that run at the same time. */
  readonly lanes: number;
  /** Calls that may be under way: those, and some that wait where they will run. More are a mistake of the caller. */
  readonly calls: number;
  /** The most windows of one call with this pack: as many as pay. */
  batch(pack: PackReading): number;
  /**
   * Explains windows of one pack, method and `maskFrames` together, and answers in their order.
   * Rejects when the method cannot be loaded, the model fails or its thread dies; the next call may succeed.
   */
  explain(windows: readonly WindowQuery[]): Promise<readonly WindowOutcome[]>;
  /** Loads a pack's first method, so that its first window is not the slow one, and sees how many pay. Rejects when it cannot run. */
  prepare(pack: PackReading): Promise<void>;
  close(): Promise<void>;
}

/** Whether two windows may be explained in one call. */
export function alike(a: QueryKind, b: QueryKind): boolean {
  return (
    a.pack === b.pack &&
    a.method === b.method &&
    a.maskFrames === b.maskFrames &&
    (a.form ?? "linear") === (b.form ?? "linear")
  );
}
