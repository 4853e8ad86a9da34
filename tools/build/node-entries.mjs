/**
 * The command and its threads, output name to source file. Threads are started by file, so each has an entry of its own;
 * they lie beside the chunks that start them.
 */
export const nodeEntries = {
  cli: "cli/listenable.ts",
  "inference-worker": "server/explain/inference-worker.ts",
  "evaluation-worker": "lab/evaluation/measure/evaluation-worker.ts",
  "monitor-worker": "monitor/analysis/monitor-worker.ts",
};
