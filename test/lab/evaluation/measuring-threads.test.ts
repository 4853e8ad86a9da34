/** Threads of an evaluation die and hang. They run WASM: ending a native run would end this process. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import type { SoundFile } from "../../../lab/evaluation/measure/measure-sound.ts";
import type {
  MeasuringTask,
  RowId,
  TaskPart,
  TaskResult,
} from "../../../lab/evaluation/measure/measuring-contract.ts";
import { MeasuringThreads } from "../../../lab/evaluation/measure/measuring-threads.ts";
import { PackError } from "../../../models/pack/pack.ts";
import { startThread } from "../../../models/runtime/start-thread-node.ts";
import type { DeadlySoundThread } from "./deadly-sound-thread.ts";

const test = suite("measuring threads");
const RATE = 16_000;
/** Where the thread's file lies. */
const MEASURE = new URL("../../../lab/evaluation/measure/measuring-threads.ts", import.meta.url).href;
const SETTINGS = { packFolder: "test/fixtures/tiny-pack", build: "wasm", seed: 1, stride: 128 } as const;
const ROWS: readonly RowId[] = ["classifier:", "method:bands", "method:all-ones", "oracle:ideal-ratio-mask"];

let folder: string;
let files: SoundFile[];
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-measuring-"));
  files = await Promise.all(
    [400, 450, 4500].map(async (frequency) => {
      const random = new Random(frequency);
      const samples = Float32Array.from(
        { length: 1.6 * RATE },
        (_, n) => 0.3 * Math.sin((2 * Math.PI * frequency * n) / RATE) + 0.001 * random.normal(),
      );
      const name = `${frequency}.wav`;
      await writeFile(join(folder, name), writeWav([samples], RATE));
      return { name, path: join(folder, name), label: frequency < 1000 ? "low" : "high" };
    }),
  );
});
test.after(() => rm(folder, { recursive: true }));

/** Mixtures, which only a thread can make that knows the other sounds. */
const tasks = (): MeasuringTask[] =>
  files.map((file) => ({ type: "measure", file, setting: "mixtures", rows: ROWS }));

/** One thread whose first worker is ended when it has measured something. */
async function mortal() {
  const notices: string[] = [];
  const workers: Worker[] = [];
  let ended = false;
  const threads = await MeasuringThreads.start(SETTINGS, 1, {
    onNotice: (sentence) => notices.push(sentence),
    start: (settings) => {
      const worker = startThread("evaluation-worker", MEASURE, settings);
      workers.push(worker);
      worker.on("message", ({ type }: { type: string }) => {
        if (type !== "progress" || ended) return;
        ended = true;
        void worker.terminate();
      });
      return worker;
    },
  });
  return { threads, workers, notices };
}

async function ran(threads: MeasuringThreads, wanted: readonly MeasuringTask[]) {
  const parts: { readonly task: MeasuringTask; readonly part: TaskPart }[] = [];
  const results: { readonly task: MeasuringTask; readonly result: TaskResult | Error }[] = [];
  await threads.run(wanted, {
    onPart: (task, part) => parts.push({ task, part }),
    onDone: (task, result) => results.push({ task, result }),
  });
  return { parts, results };
}

test("a sound whose thread ends is measured on by the next, which knows what is mixed in", async () => {
  const { threads, workers, notices } = await mortal();
  threads.setPools({ clips: files, sentences: [] });
  const wanted = tasks();
  const { parts, results } = await ran(threads, wanted);
  await threads.stop();
  assert.is(workers.length, 2);
  assert.is(notices.filter((each) => each.includes("another thread takes its place")).length, 1);
  for (const task of wanted) {
    const told = parts.filter((each) => each.task === task).map(({ part }) => part);
    assert.equal(
      told.map(({ row }) => row),
      ROWS,
    );
    for (const part of told) assert.not("failure" in part, JSON.stringify(part));
  }
  assert.equal(
    results.map(({ result }) => result),
    wanted.map(() => ({ type: "measure" })),
  );
});

/** One thread that ends in the middle of the sound "deadly", so many times. */
function deadly(times: number): Promise<MeasuringThreads> {
  const deaths = new SharedArrayBuffer(4);
  new Int32Array(deaths)[0] = times;
  return MeasuringThreads.start(SETTINGS, 1, {
    start: (settings) => {
      const all: DeadlySoundThread["settings"] = { ...settings, deaths };
      return startThread("deadly-sound-thread", import.meta.url, all);
    },
  });
}

const measuring = (name: string): MeasuringTask => ({
  type: "measure",
  file: { name, path: name },
  setting: "clean",
  rows: ROWS,
});

test("a sound whose thread ended is tried once more, less what was told of it", async () => {
  const threads = await deadly(1);
  const { parts, results } = await ran(threads, [measuring("deadly")]);
  await threads.stop();
  assert.equal(
    parts.map(({ part }) => [part.row, "answers" in part && part.answers.windows]),
    ROWS.map((row, n) => [row, n === 0 ? ROWS.length : ROWS.length - 1]),
  );
  assert.equal(results[0].result, { type: "measure" });
});

test("a sound that ends two threads has failed, and the others are measured", async () => {
  const threads = await deadly(2);
  const { results } = await ran(threads, [measuring("deadly"), measuring("harmless")]);
  await threads.stop();
  assert.instance(results[0].result, Error);
  assert.match((results[0].result as Error).message, "ended in the middle of a sound (exit code 9)");
  assert.equal(results[1].result, { type: "measure" });
});

/** A thread that says it is ready, and nothing more. */
const SILENT = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ type }) => { if (type === "drop") process.exit(); });
  parentPort.postMessage({ type: "ready", ready: { description: "silence", notices: [] } });`;

test("a thread that hangs is replaced, and its sound measured by the next", async () => {
  const notices: string[] = [];
  let starts = 0;
  const threads = await MeasuringThreads.start(SETTINGS, 1, {
    hungMs: 3000,
    onNotice: (sentence) => notices.push(sentence),
    start: (settings) =>
      starts++ === 0
        ? new Worker(SILENT, { eval: true })
        : startThread("evaluation-worker", MEASURE, settings),
  });
  assert.is(threads.description, "silence");
  const { results } = await ran(threads, [{ type: "check", path: files[0].path }]);
  await threads.stop();
  const [{ result }] = results;
  assert.ok(!(result instanceof Error) && result.type === "check" && result.check.usable);
  assert.match(notices.join("\n"), "silent for 3 s");
  assert.is(starts, 2);
});

test("when no other thread can be started the run ends, and says how to go on", async () => {
  let starts = 0;
  const threads = await MeasuringThreads.start(SETTINGS, 1, {
    start: () =>
      new Worker(starts++ === 0 ? `${SILENT} process.exit(7);` : "process.exit(8)", { eval: true }),
  });
  const failure = await ran(threads, [{ type: "check", path: files[0].path }]).then(
    () => assert.unreachable("expected an error") as never,
    (error: Error) => error,
  );
  assert.match(failure.message, "exit code 8");
  assert.match(failure.message, "the same command goes on");
  await threads.stop();
});

test("a pack that cannot be used stops the start", async () => {
  const failure = await MeasuringThreads.start({ ...SETTINGS, packFolder: folder }, 2).then(
    () => assert.unreachable("expected an error") as never,
    (error: Error) => error,
  );
  assert.instance(failure, PackError);
  assert.match(failure.message, "pack.json");
});

test("what is aborted ends with the signal's reason, and stop does not wait for the rest", async () => {
  const threads = await MeasuringThreads.start(SETTINGS, 1);
  threads.setPools({ clips: files, sentences: [] });
  const abort = new AbortController();
  const running = threads.run(tasks(), {
    onPart: () => abort.abort(new Error("enough")),
    onDone: () => assert.unreachable("nothing is done after the abort"),
    signal: abort.signal,
  });
  const failure = await running.then(
    () => assert.unreachable("expected an error") as never,
    (error: Error) => error,
  );
  assert.is(failure.message, "enough");
  await threads.stop();
});

test.run();
