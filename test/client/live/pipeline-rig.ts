// The whole way from sound to masked sound in one thread and on a simulated clock: the explainer of the audio thread,
// the pipeline of the worker, and an engine that takes as long as the test says.
import { Subject } from "rxjs";
import type { Decision, SpectrogramColumns } from "../../../client/live/live-explainer.ts";
import { DelayPolicy, type DelaySettings } from "../../../client/live/pipeline/delay-policy.ts";
import { Pipeline, type Timing } from "../../../client/live/pipeline/pipeline.ts";
import type { FrameRecord } from "../../../client/live/pipeline/processor-link.ts";
import type { Restart } from "../../../client/live/told.ts";
import { BINS, HOP } from "../../../lab/networks/own-shape.ts";
import type { Explanation, SpectralWindow } from "../../../protocol/engine.ts";
import type { Recent } from "../../../worklets/recent.ts";
import { OWN_SHAPE, Rig } from "../../worklets/rig.ts";
import { settled } from "./fakes.ts";

export const WINDOW_FRAMES = 128;

type Pace = Pick<DelaySettings, "lookAheadFrames" | "strideFrames">;

interface Options {
  /** Milliseconds that the engine takes for its n-th window. */
  readonly engineMs: (n: number) => number;
  /** Mask of a frame in a window, the same for all bins. */
  readonly mask?: (frame: number, window: SpectralWindow) => number;
  readonly fails?: (n: number) => boolean;
  /** Answers in place of `mask` and `fails`. */
  readonly answers?: (window: SpectralWindow, n: number) => Promise<Explanation | null>;
  /** Of a streaming pack: frames that one call can take. */
  readonly blockSizes?: readonly number[];
  readonly maxDelayFrames?: number;
  readonly listening?: "explanation" | "original";
  /** The audio thread works in bursts of so many milliseconds of sound, as browsers' do. */
  readonly audioBurstMs?: number;
  /** Records reach the worker in bursts of so many frames. */
  readonly burst?: number;
  readonly pace?: Pace;
  /** Whether the worker can see how many records wait for it, as with shared memory. */
  readonly shared?: boolean;
  /** What the engine wants between two windows, in milliseconds. */
  readonly leastMs?: () => number;
  /** Whether the record of this frame is lost on its way to the worker. */
  readonly loses?: (frame: number) => boolean;
  readonly recent?: Recent;
  /** Told before each hop. */
  readonly onHop?: (hop: number, change: (pace: Pace) => void) => void;
}

export async function play(input: Float32Array, options: Options) {
  const { engineMs, mask = () => 1, fails = () => false, maxDelayFrames = 20, burst = 1 } = options;
  const {
    pace = { lookAheadFrames: 4, strideFrames: 8 },
    shared = true,
    onHop = () => {},
    audioBurstMs = 8,
  } = options;
  const settings = { hopMs: 8, minDelayFrames: 0, maxDelayFrames };
  let now = 0;
  const policy = new DelayPolicy({ ...settings, ...pace }, 16);
  const { delayFrames } = policy;
  const { recent, listening = "explanation", loses = () => false } = options;
  const rig = new Rig({ delayFrames, maxDelayFrames, listening, ...(recent && { recent }) });
  const records = new Subject<FrameRecord>();
  const due: { at: number; answer: () => Promise<void> }[] = [];
  const windows: SpectralWindow[] = [];
  /** Records on their way to the worker. */
  const sent: FrameRecord[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const made = async (window: SpectralWindow, n: number): Promise<Explanation | null> => {
    if (fails(n)) return null;
    const rows = new Float32Array(window.magnitudes.length);
    for (let t = 0; t < rows.length / BINS; t++) {
      rows.fill(mask(window.firstFrame + t, window), t * BINS, (t + 1) * BINS);
    }
    const { firstFrame } = window;
    return { firstFrame, probabilities: Float32Array.of(1, 0), mask: rows, inferenceMs: 1 };
  };
  const { answers = made, blockSizes } = options;
  const explain = (window: SpectralWindow) =>
    new Promise<Explanation | null>((resolve, reject) => {
      const n = windows.push(window) - 1;
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      const answer = async () => {
        inFlight--;
        await answers(window, n).then(resolve, reject);
      };
      due.push({ at: now + engineMs(n), answer });
    });
  const pipeline = new Pipeline({
    records$: records,
    link: {
      get unread() {
        return shared ? sent.length : null;
      },
      writeMasks: (first, rows) => {
        for (let n = 0; n < rows.length / BINS; n++) rig.board.write(first + n, rows, n * BINS);
      },
      setDelay: (frames) => rig.explainer.setDelay(frames),
    },
    explain,
    leastMs: options.leastMs,
    policy,
    pace,
    settings: {
      ...settings,
      windowFrames: blockSizes?.[0] ?? WINDOW_FRAMES,
      blockSizes: blockSizes && (() => blockSizes),
      shape: OWN_SHAPE,
      framingMs: 32,
    },
    now: () => now,
  });
  const decisions: Decision[] = [];
  const columns: SpectrogramColumns[] = [];
  const timings: Timing[] = [];
  pipeline.decisions$.subscribe((decision) => decisions.push(decision));
  pipeline.columns$.subscribe((message) => {
    columns.push(message);
    pipeline.columnsReceived();
  });
  pipeline.timings$.subscribe((timing) => timings.push(timing));
  const restarts: Restart[] = [];
  pipeline.restarts$.subscribe((why) => restarts.push(why));

  const output = new Float32Array(input.length);
  rig.onRecord = (record) => {
    if (!loses(record.frame)) sent.push(record);
  };
  for (let start = 0; start + HOP <= input.length; start += HOP) {
    now = Math.ceil((8 * (1 + start / HOP)) / audioBurstMs) * audioBurstMs;
    onHop(start / HOP, (changed) => {
      policy.change({ ...settings, ...changed });
      pipeline.setPace(changed);
    });
    while (due.length > 0 && due[0].at <= now) await due.shift()?.answer();
    await settled();
    rig.explainer.process(input.subarray(start, start + HOP), output.subarray(start, start + HOP));
    if (sent.length >= burst) for (const record of sent.splice(0)) records.next(record);
    await settled();
  }
  const { records: kept } = rig;
  return { output, decisions, columns, timings, windows, restarts, mostInFlight, records: kept, pipeline };
}
