/** How long a pack's graph takes for one window in this process, one window after the other. */

import type { OpenPack } from "../../models/pack/open-pack.ts";
import { loadMethod } from "../../models/runtime/load-method.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { percentiles } from "./percentiles.ts";

export interface EngineTime {
  readonly runtime: string;
  readonly windows: number;
  /** Milliseconds inside onnxruntime. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Milliseconds of processor time, median: unlike the others it hardly depends on what else the machine does. */
  readonly cpuP50Ms: number;
  readonly windowsPerSecond: number;
}

const WARM_UP = 10;

export async function measureEngine(
  runtime: Runtime,
  opened: OpenPack,
  method: string | undefined,
  windows: number,
): Promise<EngineTime> {
  const { pack } = opened;
  const loaded = await loadMethod(runtime, await opened.graph(method), pack, method);
  try {
    // Values as of noise: zeros could take short cuts.
    const magnitudes = Float32Array.from(
      { length: pack.windowFrames * pack.stft.bins },
      (_, i) => 1 + 0.9 * Math.sin(i * i * 0.37),
    );
    const times: number[] = [];
    const cpuTimes: number[] = [];
    for (let n = 0; n < WARM_UP + windows; n++) {
      const before = process.cpuUsage();
      const { inferenceMs } = await loaded.run(magnitudes, 1);
      const { user, system } = process.cpuUsage(before);
      if (n < WARM_UP) continue;
      times.push(inferenceMs);
      cpuTimes.push((user + system) / 1000);
    }
    const [cpuP50Ms] = percentiles(cpuTimes, [0.5]);
    const [p50Ms, p95Ms, p99Ms] = percentiles(times, [0.5, 0.95, 0.99]);
    const windowsPerSecond = (1000 * windows) / times.reduce((sum, ms) => sum + ms, 0);
    return { runtime: runtime.description, windows, p50Ms, p95Ms, p99Ms, cpuP50Ms, windowsPerSecond };
  } finally {
    await loaded.close();
  }
}
