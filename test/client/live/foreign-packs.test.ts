/** Packs of somebody else's classifiers through the whole live path, in Node: audio thread, worker, model. */
import { rm } from "node:fs/promises";
import { MessageChannel } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { LocalEngine } from "../../../client/live/engines/local-engine.ts";
import { RemoteEngine, type WebSocketClass } from "../../../client/live/engines/remote-engine.ts";
import { PipelineHost } from "../../../client/live/pipeline/pipeline-host.ts";
import type { PipelineToPage } from "../../../client/live/pipeline/pipeline-messages.ts";
import { planStream } from "../../../client/live/session/stream-plan.ts";
import { WindowCutter } from "../../../lab/data/window-cutter.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { audioShape } from "../../../models/pack/pack.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { hopMs } from "../../../protocol/audio-shape.ts";
import { type RunningServer, startServer } from "../../../server/start-server.ts";
import { Explainer } from "../../../worklets/explainer.ts";
import { WorkerLink } from "../../../worklets/worker-link.ts";
import { temporaryFolder } from "../../cli/run-cli.ts";
import { chord, FUNDAMENTALS, LABELS } from "../../lab/import/fixtures.ts";
import { packOf } from "../../lab/import/live-pack.ts";
import { RawClient, start } from "../../server/raw-client.ts";
import { OWN_SHAPE } from "../../worklets/rig.ts";

const Ws = WebSocket as unknown as WebSocketClass;
let folder: string;
const packs = new Map<string, string>();
test.before(async () => {
  folder = await temporaryFolder();
  for (const name of ["mel44", "wave16"]) packs.set(name, await packOf(name, folder));
});
test.after(() => rm(folder, { recursive: true }));

/** Plays two seconds of a chord through everything and returns what the page would see and hear. */
async function play(
  pack: string,
  deviceRate: number,
  choice: { engine?: "auto" | "remote"; method?: string },
) {
  const open = await openPackFolder(pack);
  const shape = audioShape(open.pack);
  const plan = planStream(shape, deviceRate);
  const messages: PipelineToPage[] = [];
  let asked = 0;
  const runtime = await nodeRuntime();
  const host = new PipelineHost({
    post: (message) => messages.push(message),
    openPack: async () => open,
    factories: () => ({
      local: (question) => LocalEngine.open({ runtime, pack: open, ...question }),
      remote: () => {
        asked++;
        return Promise.reject(new Error("nobody there"));
      },
    }),
  });
  const until = async (type: PipelineToPage["type"]) => {
    for (let n = 0; n < 2_000 && messages.every((each) => each.type !== type); n++) {
      if (messages.some((each) => each.type === "problem")) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return messages.findLast((message) => message.type === type);
  };
  const { engine = "auto", method } = choice;
  const urls = {
    packUrl: "http://localhost/p/",
    wasm: { mjs: "http://localhost/ort.mjs", wasm: "http://localhost/ort.wasm" },
    serverUrl: "ws://localhost/",
  };
  host.receive({
    type: "open",
    options: { ...urls, engine, asked: { method }, plan, longestDelayFrames: plan.maxDelayFrames },
  });
  const ready = await until("ready");
  if (ready?.type !== "ready") return { messages, asked };

  const { port1, port2 } = new MessageChannel();
  const { maxDelayFrames } = plan;
  // The longest delay from the start on, so that nothing changes on the way.
  const link = new WorkerLink(null, shape, maxDelayFrames, () => {});
  const explainer = new Explainer({
    ...{ sampleRate: deviceRate, shape, masking: "linear", listening: "explanation" },
    ...{ delayFrames: maxDelayFrames, maxDelayFrames, masks: link.masks, records: link },
  });
  link.connect(port1 as unknown as MessagePort);
  host.receive({ type: "connect", port: port2 as unknown as MessagePort, memory: null });
  const input = chord(520, 2 * deviceRate, deviceRate);
  const output = new Float32Array(input.length);
  for (let at = 0; at < input.length; at += 128) {
    explainer.process(input.subarray(at, at + 128), output.subarray(at, at + 128));
    if (at % (128 * 10) === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    if (messages.at(-1)?.type === "columns") host.receive({ type: "columns-received" });
  }
  await until("decision");
  await until("columns");
  await until("timing");
  host.receive({ type: "close" });
  await until("closed");
  link.disconnect();
  return { messages, asked, shape, plan, explainer, input, output };
}

for (const name of ["mel44", "wave16"]) {
  test(`${name}: heard at its own rate, drawn with its own bins, as late as documented`, async () => {
    const pack = packs.get(name) as string;
    const rate = audioShape((await openPackFolder(pack)).pack).sampleRate;
    for (const deviceRate of [rate, 48_000]) {
      const heard = await play(pack, deviceRate, { method: "all-ones" });
      const { messages, shape, plan, explainer, input, output } = heard;
      assert.ok(shape && plan && explainer && input && output, JSON.stringify(messages));
      const decision = messages.findLast(({ type }) => type === "decision");
      assert.ok(decision?.type === "decision");
      const { probabilities } = decision.decision;
      assert.is(LABELS[probabilities.indexOf(Math.max(...probabilities))], "middle");
      const columns = messages.find(({ type }) => type === "columns");
      assert.ok(columns?.type === "columns" && columns.columns.bins === shape.bins);
      if (deviceRate !== rate) continue;
      const late = plan.maxDelayFrames * shape.hop + shape.window;
      assert.is(Math.round(explainer.latencySeconds * rate), late);
      for (let n = late; n < output.length; n++) {
        assert.ok(Math.abs(output[n] - input[n - late]) < 1e-5, `sample ${n} of ${name}`);
      }
    }
  });
}

test("mel44: GradCAM keeps a part of what is named, so that there is something to hear", async () => {
  const open = await openPackFolder(packs.get("mel44") as string);
  const { windowFrames: frames, stft, sampleRate } = open.pack;
  const cutter = new WindowCutter({ frames, bins: stft.bins, stft, needsPhases: false });
  const engine = await LocalEngine.open({ runtime: await nodeRuntime(), pack: open, method: "gradcam" });
  for (const [index, fundamental] of FUNDAMENTALS.entries()) {
    const { magnitudes } = cutter.cut(chord(fundamental, cutter.length, sampleRate));
    const { probabilities, mask } = await engine.explain({ firstFrame: 0, magnitudes });
    assert.is(probabilities.indexOf(Math.max(...probabilities)), index);
    const energy = (at: (n: number) => number) =>
      magnitudes.reduce((sum, magnitude, n) => sum + (at(n) * magnitude) ** 2, 0);
    const kept = energy((n) => mask[n]) / energy(() => 1);
    assert.ok(kept > 0.05 && kept < 0.95, `${LABELS[index]}: ${kept} of the energy`);
  }
  await engine.close();
});

test("wave16: only the local engine is used, and a server says why in plain words", async () => {
  const pack = packs.get("wave16") as string;
  const auto = await play(pack, 16_000, { method: "gradcam" });
  assert.is(auto.asked, 0, "no server is asked in auto");
  const engine = auto.messages.find(({ type }) => type === "engine");
  assert.ok(engine?.type === "engine" && engine.kind === "local");
  assert.equal(
    auto.messages.filter((message) => message.type === "notice" && message.notice !== null),
    [],
  );
  const insisted = await play(pack, 16_000, { engine: "remote" });
  const problem = insisted.messages.find(({ type }) => type === "problem");
  assert.ok(problem?.type === "problem" && problem.problem.code === "server-refused");
  assert.match(problem.problem.detail, "never leave a device");

  let server: RunningServer | undefined;
  try {
    server = await startServer({ pack, port: 0 });
    assert.match(server.backend, "own device");
    const described = await fetch(new URL("packs/wave16/pack.json", server.url));
    assert.is(((await described.json()) as { phases?: boolean }).phases, true);
    await RemoteEngine.connect({ url: server.explainUrl, WebSocket: Ws }).then(
      () => assert.unreachable(),
      (error: { code: string; message: string }) => {
        assert.is(error.code, "refused");
        assert.match(error.message, "never leave a device");
      },
    );
    // And one that asks all the same.
    const client = await RawClient.open(server.explainUrl);
    const { code, message } = await client.send(start()).next("error");
    assert.is(code, "local-only");
    assert.match(message, "never leave a device");
    assert.equal(await client.ended, { code: 4415, reason: "local-only" });
  } finally {
    await server?.close();
  }
});

test("a server explains a pack of another rate, and takes its frames at the pace they come", async () => {
  const server = await startServer({ pack: packs.get("mel44") as string, port: 0, lanes: 1 });
  try {
    const engine = await RemoteEngine.connect({ url: server.explainUrl, method: "all-ones", WebSocket: Ws });
    const { pack, limits } = engine.server;
    assert.equal([pack.sampleRate, pack.phases], [44_100, undefined]);
    assert.ok(limits.framesPerSecond >= (16 * pack.sampleRate) / pack.stft.hop);
    const size = pack.windowFrames * pack.stft.bins;
    const answer = await engine.explain({ firstFrame: 0, magnitudes: new Float32Array(size).fill(0.1) });
    assert.is(answer.mask.length, size);
    await engine.close();
  } finally {
    await server.close();
  }
});

test("times follow the pack's frames; those of 8 ms have the figures they always had", () => {
  const at = (deviceRate: number, shape = OWN_SHAPE) => planStream(shape, deviceRate);
  assert.equal(at(16_000), {
    ...{ strideFrames: 8, lookAheadFrames: 4, minDelayFrames: 0, maxDelayFrames: 21, framingMs: 32 },
  });
  const slow = { sampleRate: 22_050, window: 2048, hop: 512, bins: 1025, phases: false };
  const plan = at(22_050, slow);
  assert.equal([plan.strideFrames, plan.lookAheadFrames, plan.maxDelayFrames], [3, 1, 7]);
  assert.ok(Math.abs(plan.framingMs - (1000 * 2048) / 22_050) < 1e-9 && hopMs(slow) > 23);
  assert.is(planStream(OWN_SHAPE, 16_000, { maxLatencyMs: 100, strideFrames: 2 }).maxDelayFrames, 8);
});

test.run();
