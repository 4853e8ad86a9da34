/** A thread that holds the pack's model: explains channels of endless sound, or clips of events, one task at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { askMethod } from "../../models/explain/ask-method.ts";
import { SignalExplainer } from "../../models/explain/signal-explainer.ts";
import { windowCentre } from "../../models/explain/window-times.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { type Pack, PackError } from "../../models/pack/pack.ts";
import { type LoadedMethod, loadMethod } from "../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { explainClip } from "./explain-clip.ts";
import type {
  AnalysedBlock,
  AnalysisSettings,
  FromAnalysis,
  TaskName,
  Tasks,
  ToAnalysis,
} from "./messages.ts";

const port = parentPort!;
const settings = workerData as AnalysisSettings;
const channels = new Map<number, SignalExplainer>();

function send(message: FromAnalysis): void {
  port.postMessage(message);
}

async function open(): Promise<LoadedMethod> {
  const notices: string[] = [];
  const runtime = await nodeRuntime({ build: settings.build, log: (line) => notices.push(line) });
  const opened = await openPackFolder(settings.packFolder);
  const { pack } = opened;
  const loaded = await loadMethod(runtime, await opened.graph(settings.method), pack, settings.method);
  // The first run is slow, and a model that cannot run should stop the start, not the first event.
  const silence = new Float32Array(pack.windowFrames * pack.stft.bins);
  await loaded.run(silence, 1, undefined, pack.phases ? silence : undefined);
  send({ type: "ready", description: runtime.description, notices });
  return loaded;
}

async function perform(
  loaded: LoadedMethod,
  message: Exclude<ToAnalysis, { name: "close" }>,
): Promise<Tasks[TaskName]["result"]> {
  const { pack } = loaded;
  switch (message.name) {
    case "open": {
      const { channel, sampleRate, stride } = message.task;
      const explainer = new SignalExplainer({
        ...{ pack, sampleRate, stride },
        explainWindow: askMethod(loaded),
      });
      channels.set(channel, explainer);
      return true;
    }
    case "push":
      return analysed(pack, await channelOf(message.task.channel).push(message.task.samples));
    case "finish": {
      const explainer = channelOf(message.task.channel);
      channels.delete(message.task.channel);
      return analysed(pack, await explainer.finish());
    }
    case "drop":
      channels.delete(message.task.channel);
      return true;
    case "explain":
      return explainClip(loaded, message.task);
    default:
      return message satisfies never;
  }
}

function channelOf(channel: number): SignalExplainer {
  const explainer = channels.get(channel);
  if (!explainer) throw new Error(`channel ${channel} is not open`);
  return explainer;
}

function analysed(
  pack: Pack,
  { original, explanation, windows }: Awaited<ReturnType<SignalExplainer["finish"]>>,
): AnalysedBlock {
  return {
    original,
    explanation,
    windows: windows.map(({ firstFrame, probabilities, silent, power }) => ({
      centre: windowCentre(firstFrame, pack),
      probabilities,
      silent,
      // By Parseval: the squares of a periodic Hann window sum to 3/8 of its length.
      level: 10 * Math.log10(power / (0.375 * pack.stft.window) + 1e-10),
    })),
  };
}

try {
  const loaded = await open();
  // A method takes one call at a time, so tasks take turns.
  let last: Promise<void> = Promise.resolve();
  port.on("message", (message: ToAnalysis) => {
    if (message.name === "close") {
      last = last.then(() => port.close());
      return;
    }
    const { id } = message;
    last = last.then(async () => {
      try {
        send({ type: "result", id, result: await perform(loaded, message) });
      } catch (error) {
        send({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
      }
    });
  });
} catch (error) {
  const code = error instanceof PackError ? error.code : undefined;
  send({ type: "unusable", message: (error as Error).message, code });
}
