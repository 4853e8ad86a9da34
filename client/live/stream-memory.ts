/** Memory that page, audio thread and pipeline worker share for one stream: how large each part is, and how it begins. */
import { ringBufferStorage } from "../../dsp/ring-buffer.ts";
import type { AudioShape } from "../../protocol/audio-shape.ts";
import { recordWords, type SharedMemory } from "../../protocol/port.ts";
import { historyFrames } from "../../worklets/explainer.ts";
import { MaskBoard, maskBoardBytes } from "../../worklets/mask-board.ts";
import { recentBytes } from "../../worklets/recent.ts";
import { recordsInFlight } from "../../worklets/worker-link.ts";

interface StreamMemory {
  /** Between audio thread and worker. */
  readonly memory: SharedMemory | null;
  /** What went out lately, between audio thread and page. */
  readonly recent: SharedArrayBuffer | null;
}

/** Nulls where the page is not cross-origin isolated: all goes by messages then. */
export function streamMemory(shape: AudioShape, maxDelayFrames: number): StreamMemory {
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer !== "function") {
    return { memory: null, recent: null };
  }
  const masks = new SharedArrayBuffer(maskBoardBytes(historyFrames(maxDelayFrames, shape), shape.bins));
  new MaskBoard(masks, shape.bins).clear();
  return {
    memory: {
      records: ringBufferStorage(recordsInFlight(shape) * recordWords(shape), true) as SharedArrayBuffer,
      masks,
      bell: new SharedArrayBuffer(4),
    },
    recent: new SharedArrayBuffer(recentBytes(shape)),
  };
}
