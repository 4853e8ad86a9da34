/**
 * What the processors can do without a server: one-thread lanes side by side on all cores, each a process of its own
 * that runs window after window. The yardstick for what a server makes of the same machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { heldMaskFrames } from "../../../models/pack/live-frames.ts";
import { findPack, openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { loadNewest } from "../../../models/runtime/load-cut.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { ownCommand } from "../server-process.ts";
import { liveMaskFrames } from "./load-stream.ts";

interface RawOptions {
  readonly pack: string;
  readonly method?: string | undefined;
  /** As `--runtime` has it. */
  readonly runtime: string;
  readonly seconds: number;
  /** Default: the machine's cores. */
  readonly lanes?: number;
}

export interface RawFigures {
  readonly runtime: string;
  readonly lanes: number;
  readonly windowsPerSecond: number;
}

interface LaneFigures {
  readonly runtime: string;
  readonly windows: number;
  readonly seconds: number;
}

/** Starts the lanes, lets all of them warm up, and measures them together. */
export async function rawThroughput(options: RawOptions): Promise<RawFigures> {
  const count = options.lanes ?? availableParallelism();
  const [node, ...script] = ownCommand();
  const words = ["bench", "raw-lane", "--pack", options.pack, "--runtime", options.runtime];
  if (options.method !== undefined) words.push("--method", options.method);
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
    windowsPerSecond: figures.reduce((sum, { windows, seconds }) => sum + windows / seconds, 0),
  };
}

const WARM_UP_WINDOWS = 20;

/** One lane, in the process that was started for it: says "ready", waits for a line, runs, prints its figures. */
export async function runRawLane(
  pack: string,
  method: string | undefined,
  build: "auto" | "native" | "wasm",
  seconds: number,
): Promise<void> {
  const opened = await openPackFolder(findPack(pack));
  const { windowFrames, stft } = opened.pack;
  const runtime = await nodeRuntime({ build, threads: 1 });
  const frames = heldMaskFrames(liveMaskFrames(opened.pack), windowFrames);
  const loaded = await loadNewest(runtime, opened, method, frames);
  // Values as of noise: zeros could take short cuts.
  const magnitudes = Float32Array.from(
    { length: windowFrames * stft.bins },
    (_, i) => 1 + 0.9 * Math.sin(i * i * 0.37),
  );
  for (let n = 0; n < WARM_UP_WINDOWS; n++) await loaded.run(magnitudes, 1);
  console.log("ready");
  await once(process.stdin, "data");
  const start = performance.now();
  let windows = 0;
  while (performance.now() - start < 1000 * seconds) {
    await loaded.run(magnitudes, 1);
    windows++;
  }
  const figures: LaneFigures = {
    runtime: runtime.description,
    windows,
    seconds: (performance.now() - start) / 1000,
  };
  console.log(JSON.stringify(figures));
  await loaded.close();
  process.stdin.destroy();
}
