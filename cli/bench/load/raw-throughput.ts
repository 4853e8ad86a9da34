/**
 * What the processors can do without a server: one-thread lanes side by side on all cores, each a process of its own
 * that runs one call of the model after the other, of as many windows as the server has in one. The yardstick for what a server
 * makes of the same machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { heldMaskFrames } from "../../../models/pack/live-frames.ts";
import { findPack, openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { loadNewest } from "../../../models/runtime/load-cut.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import type { StreamState } from "../../../models/runtime/streaming.ts";
import { ownCommand } from "../server-process.ts";
import { liveMaskFrames } from "./load-stream.ts";
import { usualRate } from "./run-load.ts";

interface RawOptions {
  readonly pack: string;
  readonly method?: string | undefined;
  /** As `--runtime` has it. */
  readonly runtime: string;
  readonly seconds: number;
  /** Default: the machine's cores. */
  readonly lanes?: number;
  /** Windows of a call. Default 1. */
  readonly batch?: number | undefined;
  /** Of streaming packs: steps that a session asks for in a second, which tell how long one is. */
  readonly rate?: number | undefined;
}

export interface RawFigures {
  readonly runtime: string;
  readonly lanes: number;
  /** Windows of a call. */
  readonly batch: number;
  readonly windowsPerSecond: number;
}

interface LaneFigures {
  readonly runtime: string;
  readonly windows: number;
  readonly seconds: number;
}

/** Starts the lanes, lets all of them warm up, and measures them together. */
export async function rawThroughput(options: RawOptions): Promise<RawFigures> {
  const { lanes: count = availableParallelism(), batch = 1, rate } = options;
  const [node, ...script] = ownCommand();
  const words = ["bench", "raw-lane", "--pack", options.pack, "--runtime", options.runtime];
  if (options.method !== undefined) words.push("--method", options.method);
  if (rate !== undefined) words.push("--rate", String(rate));
  words.push("--batch", String(batch));
  const lanes = Array.from({ length: count }, () =>
    spawn(node, [...script, ...words, "--seconds", String(options.seconds)], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  const outputs = lanes.map(() => "");
  for (const [n, lane] of lanes.entries()) {
    lane.stdout.on("data", (chunk) => {
      outputs[n] += chunk;
    });
  }
  try {
    await Promise.all(
      lanes.map((lane) =>
        Promise.race([
          once(lane.stdout, "data"),
          once(lane, "exit").then(() => {
            throw new Error("a lane of the raw measurement ended before it began");
          }),
        ]),
      ),
    );
    const ends = lanes.map((lane) => once(lane, "close"));
    for (const lane of lanes) lane.stdin.end("go\n");
    await Promise.all(ends);
  } finally {
    for (const lane of lanes) lane.kill();
  }
  const figures = outputs.map((text) => JSON.parse(text.slice(text.indexOf("\n"))) as LaneFigures);
  return {
    runtime: figures[0].runtime,
    lanes: count,
    batch,
    windowsPerSecond: figures.reduce((sum, { windows, seconds }) => sum + windows / seconds, 0),
  };
}

const WARM_UP_CALLS = 20;

interface LaneOptions {
  readonly pack: string;
  readonly method?: string | undefined;
  readonly build: "auto" | "native" | "wasm";
  readonly seconds: number;
  readonly batch: number;
  readonly rate?: number | undefined;
}

/** One lane, in the process that was started for it: says "ready", waits for a line, runs, prints its figures. */
export async function runRawLane({ build, batch, ...options }: LaneOptions): Promise<void> {
  const opened = await openPackFolder(findPack(options.pack));
  const { pack } = opened;
  const runtime = await nodeRuntime({ build, threads: 1 });
  const frames = heldMaskFrames(liveMaskFrames(pack), pack.windowFrames);
  const loaded = await loadNewest(runtime, opened, options.method, frames);
  const call = caller(loaded, batch, options.rate);
  for (let n = 0; n < WARM_UP_CALLS; n++) await call();
  console.log("ready");
  await once(process.stdin, "data");
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < 1000 * options.seconds) {
    await call();
    calls++;
  }
  const figures: LaneFigures = {
    runtime: runtime.description,
    windows: calls * batch,
    seconds: (performance.now() - start) / 1000,
  };
  console.log(JSON.stringify(figures));
  await loaded.close();
  process.stdin.destroy();
}

/** One call of the model, of windows, or of the next steps of as many sounds. */
function caller(loaded: LoadedMethod, batch: number, rate?: number): () => Promise<void> {
  const { windowFrames, stft, sampleRate } = loaded.pack;
  const { streaming } = loaded;
  const perSecond = sampleRate / stft.hop / (rate ?? usualRate({ streaming: true }));
  const frames = streaming ? windowFrames * Math.max(1, Math.round(perSecond / windowFrames)) : windowFrames;
  // Values as of noise: zeros could take short cuts.
  const magnitudes = Float32Array.from(
    { length: batch * frames * stft.bins },
    (_, i) => 1 + 0.9 * Math.sin(i * i * 0.37),
  );
  if (!streaming) {
    return async () => {
      await loaded.run(magnitudes, batch);
    };
  }
  let states: readonly StreamState[] = Array.from({ length: batch }, () => streaming.begin());
  return async () => {
    ({ states } = await streaming.hear(magnitudes, states));
  };
}
