/** A thread that holds the pack's models and runs one window at a time; onnxruntime blocks the thread it runs on. */
import { parentPort, workerData } from "node:worker_threads";
import { PackError } from "../models/pack.ts";
import { type LoadedMethod, loadMethod } from "../models/runtime/load-method.ts";
import type { OpenPack } from "../models/runtime/open-pack.ts";
import { openPackFolder } from "../models/runtime/open-pack-node.ts";
import type { Runtime } from "../models/runtime/runtime.ts";
import { nodeRuntime } from "../models/runtime/runtime-node.ts";
import { encodeMask } from "../protocol/wire-levels.ts";
import type { FromLane, LaneSettings, ToLane } from "./inference-messages.ts";

const port = parentPort!;
const settings = workerData as LaneSettings;

function send(message: FromLane, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

class Models {
  readonly #loaded = new Map<string, Promise<LoadedMethod>>();

  constructor(
    private readonly runtime: Runtime,
    private readonly pack: OpenPack,
  ) {}

  /** Loads the method at its first use and keeps it; a failure is not kept. */
  async get(name: string): Promise<LoadedMethod> {
    let method = this.#loaded.get(name);
    if (!method) {
      method = this.pack.graph(name).then((graph) => loadMethod(this.runtime, graph, this.pack.pack, name));
      this.#loaded.set(name, method);
      method.catch(() => this.#loaded.delete(name));
    }
    return method;
  }
}

async function open(): Promise<Models> {
  const notices: string[] = [];
  const { build, threads, packFolder } = settings;
  const runtime = await nodeRuntime({ build, threads, log: (line) => notices.push(line) });
  const pack = await openPackFolder(packFolder);
  const models = new Models(runtime, pack);
  const { windowFrames, stft, methods } = pack.pack;
  // The first run is slow, and a model that cannot run should stop the start, not the first listener.
  const first = await models.get(methods[0].name);
  await first.run(new Float32Array(windowFrames * stft.bins), 1);
  send({ type: "ready", description: runtime.description, notices });
  return models;
}

async function explain(models: Models, message: ToLane & { type: "explain" }): Promise<void> {
  try {
    const method = await models.get(message.method);
    const { probabilities, masks, inferenceMs } = await method.run(message.magnitudes, 1, message.target);
    const mask = encodeMask(masks);
    send({ type: "result", result: { probabilities, mask, inferenceMs } }, [mask.buffer as ArrayBuffer]);
  } catch (error) {
    send({ type: "failed", message: (error as Error).message });
  }
}

try {
  const models = await open();
  port.on("message", (message: ToLane) => {
    if (message.type === "close") port.close();
    else void explain(models, message);
  });
} catch (error) {
  const code = error instanceof PackError ? error.code : undefined;
  send({ type: "unusable", message: (error as Error).message, code });
}
