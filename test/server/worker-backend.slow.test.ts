import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PackError } from "../../models/pack/pack.ts";
import { ModelThread, type ModelThreadOptions } from "../../models/runtime/model-thread-node.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { Backend, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import type { InferenceThread } from "../../server/explain/inference-thread.ts";
import { CallMemory } from "../../server/explain/joined-call.ts";
import {
  bestTime,
  explainOn,
  LANE,
  laneFor,
  openWorkerBackend,
} from "../../server/explain/worker-backend.ts";
import { writeOddPack } from "../models/runtime/odd-pack.ts";
import { withoutPackage } from "../without-package.ts";

/** Where the thread's file lies. */
const SERVER = new URL("../../server/explain/worker-backend.ts", import.meta.url).href;

const SIZE = 128 * 257;
const TINY = "test/fixtures/tiny-pack";
const work = mkdtempSync(join(tmpdir(), "listenable-lanes-"));
const odd = writeOddPack(join(work, "odd"));
test.after(() => rmSync(work, { recursive: true }));

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable("expected an error") as never,
    (error) => error,
  );
}

const reading = (folder: string) => ({ folder, generation: 1 });

/** One window through a backend, or what explains as one. */
async function explain(
  backend: Pick<Backend, "explain">,
  folder: string,
  method: string,
  magnitudes = new Float32Array(SIZE),
  target = -1,
  maskFrames = 128,
): Promise<WindowResult> {
  const [result] = await results(backend, [
    { pack: reading(folder), method, maskFrames, target, magnitudes },
  ]);
  return result;
}

async function results(
  backend: Pick<Backend, "explain">,
  windows: readonly WindowQuery[],
): Promise<readonly WindowResult[]> {
  return (await backend.explain(windows)) as readonly WindowResult[];
}

/** One lane as the backend has many. */
function laneOf(pack: string, options: Partial<ModelThreadOptions> = {}) {
  const settings: InferenceThread["settings"] = {
    pack: reading(pack),
    build: "wasm",
    threads: 1,
    mostBatch: 1,
  };
  const threads: Worker[] = [];
  const lane = new ModelThread<InferenceThread>({
    ...LANE,
    start: () => {
      threads.push(startThread("inference-worker", SERVER, settings));
      return threads.at(-1)!;
    },
    ...options,
  });
  const run = (method: string) =>
    explain({ explain: (windows) => explainOn(lane, windows, new CallMemory(2)) }, pack, method);
  return { lane, threads, run };
}

async function answers(backend: Backend, folder: string): Promise<void> {
  const low = new Float32Array(SIZE);
  low[10] = 20;
  const { probabilities, mask, inferenceMs } = await explain(backend, folder, "bands", low);
  assert.ok(probabilities[0] > 0.9);
  assert.is(mask.length, SIZE);
  assert.equal([mask[10], mask[200]], [242, 13]);
  assert.ok(inferenceMs > 0);
}

test("lanes run side by side, and one call too many is a mistake", async () => {
  const backend = await openWorkerBackend({ pack: reading(odd), lanes: 2 });
  assert.is(backend.lanes, 2);
  assert.match(backend.description, "2 side by side");
  assert.is(backend.calls, 4);
  const all = [0, 0, 0].map(() => explain(backend, odd, "slow"));
  const last = answers(backend, odd);
  assert.match((await failure(explain(backend, odd, "bands"))).message, "2 lanes are busy");
  await Promise.all([...all, last]);
  await backend.close();
});

test("a model on WASM answers the same", async () => {
  const backend = await openWorkerBackend({ pack: reading(TINY), lanes: 1, build: "wasm" });
  assert.match(backend.description, "onnxruntime-web");
  await answers(backend, TINY);
  await backend.close();
});

test("a method whose graph is missing, broken or wrong fails by name, and the others go on", async () => {
  const backend = await openWorkerBackend({ pack: reading(odd), lanes: 1 });
  const run = (method: string, target = -1) => explain(backend, odd, method, new Float32Array(SIZE), target);
  assert.match((await failure(run("missing"))).message, "missing.onnx is missing");
  assert.match((await failure(run("text"))).message, "text.onnx");
  assert.match((await failure(run("nan"))).message, "not numbers");
  assert.match((await failure(run("nowhere"))).message, 'no method "nowhere"');
  assert.match((await failure(run("targeted", 3))).message, "class 3");
  assert.match((await failure(explain(backend, odd, "bands", new Float32Array(5)))).message, "was given 5");
  assert.is((await run("targeted", 2)).mask[0], 102);
  await answers(backend, odd);
  await backend.close();
});

test("a thread that dies fails its window and is replaced at the next", async () => {
  const { lane, threads, run } = laneOf(odd);
  await run("bands");
  const inFlight = failure(run("slow"));
  assert.ok(lane.ready);
  await threads[0].terminate();
  assert.match((await inFlight).message, "ended in the middle of a window");
  assert.is(lane.ready, false);
  assert.is((await run("bands")).mask.length, SIZE);
  assert.is(threads.length, 2);
  await threads[1].terminate();
  assert.is((await run("bands")).mask.length, SIZE);
  assert.is(threads.length, 3);
  await lane.close();
  assert.match((await failure(run("bands"))).message, "was closed");
});

test("of batches that do nearly as much as any the smallest is taken, of blocks the largest that makes nobody late", () => {
  const times = [
    [1, 1],
    [2, 1.4],
    [16, 5.2],
    [32, 9.8],
    [64, 19],
    [128, 37],
  ].map(([windows, ms]) => ({ windows, ms }));
  assert.is(bestTime({ times, state: undefined }).windows, 16);
  assert.is(bestTime({ times, state: 519 }).windows, 32);
  assert.is(bestTime({ times: times.slice(0, 2), state: 519 }).windows, 2);
  assert.is(bestTime({ times: [{ windows: 1, ms: 50 }], state: 519 }).windows, 1);
});

test("windows go to the thread that has least to do, and wait for none that is still to be started while another has room", () => {
  const starting = { ready: false, underWay: 0 };
  const [free, busy, full] = [0, 1, 2].map((underWay) => ({ ready: true, underWay }));
  assert.is(laneFor([busy, free]), free);
  assert.is(laneFor([starting, busy]), busy);
  assert.is(laneFor([starting, full]), starting);
  assert.is(laneFor([full, full]), undefined);
});

test("a lane that is used for long gathers no listeners", async () => {
  const { lane, threads, run } = laneOf(TINY);
  const count = () => ["message", "error", "exit"].map((name) => threads[0].listenerCount(name));
  await run("bands");
  const before = count();
  for (let i = 0; i < 20; i++) await run("bands");
  assert.equal(count(), before);
  await lane.close();
});

test("windows together are answered as they are alone, and only the newest frames of a mask when no more are wanted", async () => {
  const backend = await openWorkerBackend({ pack: reading(odd), lanes: 1, batch: 4 });
  assert.is(backend.batch(reading(odd)), 4);
  const windows = [0, 1, 2].map((target) => {
    const magnitudes = new Float32Array(SIZE);
    magnitudes[10 + 20 * target] = 20;
    return { pack: reading(odd), method: "targeted", maskFrames: 16, target, magnitudes };
  });
  const copies = windows.map((each) => ({ ...each, magnitudes: each.magnitudes.slice() }));
  const together = await results(backend, windows);
  for (const [n, window] of copies.entries()) {
    const [alone] = await results(backend, [window]);
    assert.is(alone.mask.length, 16 * 257);
    assert.equal(together[n].mask, alone.mask);
    assert.equal(together[n].probabilities, alone.probabilities);
  }
  await backend.close();
});

test("another reading of a folder runs with what lies there then; windows of the old one are still answered", async () => {
  const folder = join(work, "changing");
  cpSync(TINY, folder, { recursive: true });
  const backend = await openWorkerBackend({ pack: reading(folder), lanes: 1 });
  const first = await explain(backend, folder, "bands");
  cpSync(join(folder, "all-ones.onnx"), join(folder, "bands.onnx"));
  assert.equal((await explain(backend, folder, "bands")).mask, first.mask);
  const next = { folder, generation: 2 };
  await backend.prepare(next);
  const [after] = await results(backend, [
    { pack: next, method: "bands", maskFrames: 128, target: -1, magnitudes: new Float32Array(SIZE) },
  ]);
  assert.ok(after.mask.every((value) => value === 255));
  cpSync(join(folder, "pack.json"), join(folder, "bands.onnx"));
  await failure(backend.prepare({ folder, generation: 3 }));
  assert.is(
    (await explain(backend, folder, "bands")).mask.length,
    SIZE,
    "the lanes know nothing of the failure",
  );
  await backend.close();
});

test("a model that hangs is given up, and another thread takes its lane", async () => {
  const { lane, run, threads } = laneOf(odd, { hungMs: 1, mostHanging: 0 });
  assert.match((await failure(run("slow"))).message, "silent");
  assert.ok(lane.lost);
  await lane.close();
  const patient = laneOf(odd, { hungMs: 1 });
  await failure(patient.run("slow"));
  assert.is(patient.lane.lost, false);
  await failure(patient.run("slow"));
  assert.is(patient.threads.length, 2);
  await patient.lane.close();
  assert.is(threads.length, 1);
});

test("a thread that never gets ready is given up", async () => {
  let worker: Worker | undefined;
  const { lane, run } = laneOf(odd, {
    start: () => {
      worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
      return worker;
    },
    startMs: 50,
    mostHanging: 0,
  });
  assert.match((await failure(run("bands"))).message, "not ready");
  assert.ok(lane.lost);
  assert.is(lane.underWay, 0);
  await lane.close();
  await worker?.terminate();
});

test("a pack that cannot be used stops the start", async () => {
  const missing = await failure(openWorkerBackend({ pack: reading(join(work, "none")), lanes: 2 }));
  assert.instance(missing, PackError);
  assert.is((missing as PackError).code, "model-missing");
});

test("without onnxruntime-node the server runs on WASM and says so in one line", async () => {
  const script = `
    import { nodeRuntime } from "./models/runtime/runtime-node.ts";
    const lines = [];
    const runtime = await nodeRuntime({ log: (line) => lines.push(line) });
    const insisted = await nodeRuntime({ build: "native" }).catch((error) => error.message);
    console.log(JSON.stringify({ name: runtime.name, lines, insisted }));`;
  const child = spawn(process.execPath, [
    "--import",
    withoutPackage("onnxruntime-node"),
    "--import",
    "tsx",
    "--input-type=module",
    "-e",
    script,
  ]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.pipe(process.stderr);
  await new Promise((resolve) => child.on("close", resolve));
  const { name, lines, insisted } = JSON.parse(out);
  assert.is(name, "onnxruntime-web");
  assert.is(lines.length, 1);
  assert.match(lines[0], "Cannot find package 'onnxruntime-node'");
  assert.match(lines[0], "using onnxruntime-web's WASM");
  assert.match(insisted, 'run "npm install onnxruntime-node"');
});

test.run();
