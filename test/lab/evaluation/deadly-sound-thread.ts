// A thread of an evaluation that ends in the middle of sounds named "deadly", as often as it is told to.
import type { MeasuringContract } from "../../../lab/evaluation/measure/measuring-contract.ts";
import { serveCalls } from "../../../models/runtime/serve-calls-node.ts";

export interface DeadlySoundThread extends MeasuringContract {
  readonly settings: MeasuringContract["settings"] & {
    /** One Int32: how many threads are still to end. */
    readonly deaths: SharedArrayBuffer;
  };
}

await serveCalls<DeadlySoundThread>(async ({ deaths }) => {
  const left = new Int32Array(deaths);
  return {
    ready: { description: "deadly", notices: [] },
    calls: {
      mixIn: () => undefined,
      perform: async (task, { progress }) => {
        if (task.type !== "measure") throw new Error(`nothing but measuring here, and no ${task.type}`);
        for (const [n, row] of task.rows.entries()) {
          if (n === 1 && task.file.name === "deadly" && Atomics.sub(left, 0, 1) > 0) process.exit(9);
          progress({ row, answers: { answers: [], windows: task.rows.length } });
        }
        return { type: "measure" };
      },
    },
  };
});
