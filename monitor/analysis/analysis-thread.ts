/** A thread that runs the monitor's model. */
import { ModelThread, type ModelThreadOptions } from "../../models/runtime/model-thread-node.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { AnalysisContract, AnalysisSettings } from "./messages.ts";

export type AnalysisThread = ModelThread<AnalysisContract>;

/** One run of the model never takes so long, on no machine that could hear with it. */
const HUNG_MS = 60_000;

export function analysisThread(
  settings: AnalysisSettings,
  onLost: NonNullable<ModelThreadOptions["onLost"]>,
): AnalysisThread {
  return new ModelThread<AnalysisContract>({
    start: () => startThread("monitor-worker", import.meta.url, settings),
    work: "a piece of sound",
    atOnce: 2,
    hungMs: HUNG_MS,
    onLost,
  });
}
