/** A thread that holds the pack's model: explains channels of endless sound, or clips of events, one task at a time. */
import { askMethod } from "../../models/explain/ask-method.ts";
import { type ExplainedBlock, SignalExplainer } from "../../models/explain/signal-explainer.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { serveCalls } from "../../models/runtime/serve-calls-node.ts";
import { DecisionSteps } from "./decision-steps.ts";
import { explainClip } from "./explain-clip.ts";
import type { AnalysedBlock, AnalysisContract, AnalysisSettings } from "./messages.ts";

async function open({ packFolder, method, build }: AnalysisSettings, onRun: () => void) {
  const notices: string[] = [];
  const runtime = await nodeRuntime({ build, log: (line) => notices.push(line) });
  const opened = await openPack(packFolder, { runtime: { ...runtime, onRun } });
  const { pack } = opened;
  const loaded = await opened.method(method);
  // The first run is slow, and a model that cannot run should stop the start, not the first event.
  const silence = new Float32Array(pack.windowFrames * pack.stft.bins);
  await loaded.run(silence, 1, undefined, pack.phases ? silence : undefined);
  return { opened, loaded, ready: { description: runtime.description, notices } };
}

/** A channel that is heard. */
interface Channel {
  readonly explainer: SignalExplainer;
  readonly steps: DecisionSteps;
}

function analysed({ steps }: Channel, { original, explanation, windows }: ExplainedBlock): AnalysedBlock {
  return { original, explanation, windows: steps.push(windows) };
}

async function ended(channel: Channel): Promise<AnalysedBlock> {
  const { original, explanation, windows } = analysed(channel, await channel.explainer.finish());
  return { original, explanation, windows: [...windows, ...channel.steps.finish()] };
}

await serveCalls<AnalysisContract>(async (settings, alive) => {
  const { opened, loaded, ready } = await open(settings, alive);
  const { pack } = loaded;
  const channels = new Map<number, Channel>();
  return {
    ready,
    calls: {
      open: ({ channel, sampleRate, stride }) => {
        const explainer = new SignalExplainer({
          ...{ pack, sampleRate, stride },
          explainWindow: askMethod(loaded),
        });
        channels.set(channel, { explainer, steps: new DecisionSteps(pack, stride) });
        return undefined;
      },
      push: async ({ channel, samples }) => {
        const known = channels.get(channel);
        return known && analysed(known, await known.explainer.push(samples));
      },
      finish: async ({ channel }) => {
        const known = channels.get(channel);
        channels.delete(channel);
        return known && ended(known);
      },
      explain: async (clip) => explainClip(loaded, await opened.classifier(settings.method), clip),
    },
  };
});
