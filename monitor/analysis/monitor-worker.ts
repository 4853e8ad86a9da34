/** A thread that holds the pack's model: explains channels of endless sound, or clips of events, one task at a time. */
import { askMethod } from "../../models/explain/ask-method.ts";
import { SignalExplainer } from "../../models/explain/signal-explainer.ts";
import { windowCentre } from "../../models/explain/window-times.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { serveCalls } from "../../models/runtime/serve-calls-node.ts";
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

await serveCalls<AnalysisContract>(async (settings, alive) => {
  const { opened, loaded, ready } = await open(settings, alive);
  const { pack } = loaded;
  const channels = new Map<number, SignalExplainer>();
  return {
    ready,
    calls: {
      open: ({ channel, sampleRate, stride }) => {
        const explainer = new SignalExplainer({
          ...{ pack, sampleRate, stride },
          explainWindow: askMethod(loaded),
        });
        channels.set(channel, explainer);
        return undefined;
      },
      push: async ({ channel, samples }) => {
        const explainer = channels.get(channel);
        return explainer && analysed(pack, await explainer.push(samples));
      },
      finish: async ({ channel }) => {
        const explainer = channels.get(channel);
        channels.delete(channel);
        return explainer && analysed(pack, await explainer.finish());
      },
      explain: async (clip) => explainClip(loaded, await opened.classifier(settings.method), clip),
    },
  };
});
