// A thread that does what real ones should not: for the tests of `ModelThread`.
import { PackError } from "../../../models/pack/pack.ts";
import { serveCalls } from "../../../models/runtime/serve-calls-node.ts";

export interface OddThread {
  readonly settings: {
    readonly start?: "pack-error" | "error" | "exit" | "never";
  };
  readonly ready: { readonly greeting: string };
  readonly calls: {
    readonly double: { readonly request: number; readonly reply: number };
    /** Counts the calls that this thread answered before. */
    readonly count: { readonly request: undefined; readonly reply: number };
    /** Answers after so many milliseconds, in which the event loop turns. */
    readonly wait: { readonly request: number; readonly reply: "waited" };
    /** The same, in which it does not, as in a model's run. */
    readonly block: { readonly request: number; readonly reply: "blocked" };
    /** Answers after so many milliseconds, in which it says that it lives. */
    readonly live: { readonly request: number; readonly reply: "lived" };
    readonly fail: { readonly request: string; readonly reply: never };
    readonly break: { readonly request: string; readonly reply: never };
    readonly exit: { readonly request: number; readonly reply: never };
    readonly throwOutside: { readonly request: string; readonly reply: never };
    readonly steps: { readonly request: number; readonly reply: "done"; readonly progress: number };
    /** Gives the memory back with one added to each value; tells whether it was moved on. */
    readonly add: { readonly request: Float32Array; readonly reply: Float32Array };
    readonly uncloneable: { readonly request: undefined; readonly reply: unknown };
  };
}

let answered = 0;

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await serveCalls<OddThread>(async ({ start }, alive) => {
  if (start === "pack-error") throw new PackError("somewhere/pack.json is missing", "model-missing");
  if (start === "error") throw new Error("no runtime: install one");
  if (start === "exit") process.exit(3);
  if (start === "never") await after(1e6);
  return {
    ready: { greeting: "hello" },
    calls: {
      double: (value) => {
        answered++;
        return 2 * value;
      },
      count: () => answered++,
      wait: async (ms) => {
        await after(ms);
        return "waited" as const;
      },
      block: (ms) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        return "blocked";
      },
      live: async (ms) => {
        const end = performance.now() + ms;
        while (performance.now() < end) {
          alive();
          await after(20);
        }
        return "lived" as const;
      },
      fail: (message) => {
        throw new Error(message);
      },
      break: (message) => {
        throw new PackError(message, "model-broken");
      },
      exit: (code) => process.exit(code),
      throwOutside: async (message) => {
        setTimeout(() => {
          throw new Error(message);
        }, 0);
        await after(1e6);
        throw new Error("not reached");
      },
      steps: async (count, { progress }) => {
        for (let step = 1; step <= count; step++) {
          await after(40);
          progress(step);
        }
        return "done" as const;
      },
      add: (values, { give }) => {
        give(values.buffer as ArrayBuffer);
        for (let n = 0; n < values.length; n++) values[n]++;
        return values;
      },
      uncloneable: () => () => {},
    },
  };
});
