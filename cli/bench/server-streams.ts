/** Many real-time streams on one server, as so many open pages would be. */
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { framesIn, hopMs } from "../../protocol/audio-shape.ts";
import { percentiles } from "./percentiles.ts";

export interface StreamFigures {
  readonly streams: number;
  readonly seconds: number;
  /** Windows that each stream asks for in a second. */
  readonly windowsPerSecond: number;
  /** Milliseconds from the call to the mask in hand. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  /** Windows not asked for because the one before was still out when they were due. */
  readonly skipped: number;
  /** Of streaming packs: answers without memory of what came before, after the first ones. */
  readonly restarts: number;
}

/** From one window to the next, or so much of a streaming pack's sound at once. */
const STRIDE_MS = 64;

/**
 * `streams` clients, each sending a window, or the newest blocks, every 64 ms over a socket of its own for `seconds`. The clients live in
 * this process, beside the server: their work is part of what is measured.
 */
export async function measureStreams(
  explainUrl: string,
  pack: Pack,
  method: string,
  streams: number,
  seconds: number,
): Promise<StreamFigures> {
  const { bins, hop } = pack.stft;
  const shape = { sampleRate: pack.sampleRate, hop };
  const whole = pack.streaming ? pack.windowFrames : 1;
  const stride = whole * Math.max(1, Math.round(framesIn(shape, STRIDE_MS) / whole));
  const asked = pack.streaming ? stride : pack.windowFrames;
  const strideMs = stride * hopMs(shape);
  const windows = Math.floor((1000 * seconds) / strideMs);
  // One long spectrogram for all: window k begins a stride after window k − 1.
  const frames = asked + stride * windows;
  const spectrogram = Float32Array.from(
    { length: frames * bins },
    (_, i) => 1 + 0.9 * Math.sin(i * 0.37 + (i >> 8)),
  );
  const times: number[] = [];
  let skipped = 0;
  let restarts = 0;

  const stream = async (index: number): Promise<void> => {
    const engine = await RemoteEngine.connect({
      url: explainUrl,
      method,
      WebSocket: WebSocket as unknown as WebSocketClass,
    });
    // Pages start whenever they start: spread over one stride.
    const start = performance.now() + (index * strideMs) / streams;
    let out = false;
    const asks: Promise<void>[] = [];
    const ask = async (window: number): Promise<void> => {
      out = true;
      const firstFrame = window * stride;
      const magnitudes = spectrogram.subarray(firstFrame * bins, (firstFrame + asked) * bins);
      const started = performance.now();
      const { begins } = await engine.explain({ firstFrame, magnitudes });
      times.push(performance.now() - started);
      if (begins && window > 0) restarts++;
      out = false;
    };
    try {
      for (let window = 0; window < windows; window++) {
        const due = start + window * strideMs - performance.now();
        if (due > 0) await wait(due);
        if (out) skipped++;
        else asks.push(ask(window));
      }
      await Promise.all(asks);
    } finally {
      await engine.close();
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, index) => stream(index)));
  const [p50Ms, p95Ms, p99Ms] = percentiles(times, [0.5, 0.95, 0.99]);
  return {
    streams,
    seconds,
    windowsPerSecond: 1000 / strideMs,
    p50Ms,
    p95Ms,
    p99Ms,
    answered: times.length,
    skipped,
    restarts,
  };
}
