/** Explains an event's clip: what the classifier went by, the rest, the picture, and how faithful that is. */
import type { WindowDecision } from "../../models/explain/clip-decision.ts";
import { DecisionTimeline } from "../../models/explain/decision-timeline.ts";
import { SignalExplainer } from "../../models/explain/signal-explainer.ts";
import { SpectrogramColumns } from "../../models/picture/spectrogram-columns.ts";
import { spectrogramPicture } from "../../models/picture/spectrogram-picture.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { badgeOf } from "./faithfulness.ts";
import type { ClipToExplain, ExplainedClip } from "./messages.ts";

/** Samples given to the explainer at a time. */
const BLOCK = 32_768;
const CLASSES_SHOWN = 3;
const POINTS_OVER_TIME = 500;

export async function explainClip(loaded: LoadedMethod, clip: ClipToExplain): Promise<ExplainedClip> {
  const { pack } = loaded;
  const { samples, sampleRate, heard } = clip;
  const target = pack.labels.indexOf(heard.label);
  const columns = new SpectrogramColumns(pack.stft.bins);
  const parts = { explanation: new Float32Array(samples.length), rest: new Float32Array(samples.length) };
  let at = 0;
  const original = await listen(loaded, samples, sampleRate, target, (block) => {
    parts.explanation.set(block.explanation, at);
    parts.rest.set(block.rest, at);
    at += block.original.length;
    columns.add(block.magnitudes, block.mask);
  });

  const during = windowsDuring(original, heard, loaded);
  const meanIn = (windows: readonly WindowDecision[]) =>
    during.reduce((sum, n) => sum + (windows[n].silent ? 0 : windows[n].probabilities[target]), 0) /
    during.length;
  const alone = meanIn(await listen(loaded, parts.explanation, sampleRate, target));
  const without = meanIn(await listen(loaded, parts.rest, sampleRate, target));
  return {
    ...parts,
    picture: picture(loaded, clip, original, columns),
    faithfulness: {
      original: meanIn(original),
      explanation: alone,
      rest: without,
      badge: badgeOf(alone, without),
      windows: during.length,
    },
  };
}

type Block = Awaited<ReturnType<SignalExplainer["finish"]>>;

/** Runs the whole sound through the model; the windows lie at the same places for sounds of one length. */
async function listen(
  loaded: LoadedMethod,
  samples: Float32Array,
  sampleRate: number,
  target: number,
  take: (block: Block) => void = () => {},
): Promise<WindowDecision[]> {
  const { pack, method } = loaded;
  const explainer = new SignalExplainer({
    pack,
    sampleRate,
    explainWindow: async (magnitudes, phases) => {
      const { probabilities, masks } = await loaded.run(
        magnitudes,
        1,
        method.target ? target : undefined,
        phases,
      );
      // A method that explains only what wins says nothing of the event's class where another one won.
      const saysNothing = !method.target && winner(probabilities) !== target;
      return { probabilities, mask: saysNothing ? new Float32Array(masks.length) : masks };
    },
  });
  const windows: WindowDecision[] = [];
  const taken = (block: Block) => {
    windows.push(...block.windows);
    take(block);
  };
  for (let at = 0; at < samples.length; at += BLOCK) {
    taken(await explainer.push(samples.subarray(at, at + BLOCK)));
  }
  taken(await explainer.finish());
  return windows;
}

function winner(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** Numbers of the windows whose middle lies in the event, or of the one nearest to it. */
function windowsDuring(
  windows: readonly WindowDecision[],
  { start, end }: ClipToExplain["heard"],
  { pack }: LoadedMethod,
): number[] {
  const centres = windows.map(({ firstFrame }) => windowCentre(firstFrame, pack));
  const inside = centres.flatMap((centre, n) => (centre >= start && centre <= end ? [n] : []));
  if (inside.length > 0) return inside;
  const distances = centres.map((centre) => Math.abs(centre - (start + end) / 2));
  return [distances.indexOf(Math.min(...distances))];
}

/** Seconds from the sound's beginning to the middle of the window that begins with the frame. */
export function windowCentre(
  firstFrame: number,
  pack: {
    readonly windowFrames: number;
    readonly sampleRate: number;
    readonly stft: { readonly hop: number; readonly window: number };
  },
): number {
  const { hop, window } = pack.stft;
  return ((firstFrame + (pack.windowFrames + 1) / 2) * hop - window / 2) / pack.sampleRate;
}

function picture(
  { pack }: LoadedMethod,
  clip: ClipToExplain,
  windows: readonly WindowDecision[],
  columns: SpectrogramColumns,
): Uint8Array {
  const duration = clip.samples.length / clip.sampleRate;
  const timeline = new DecisionTimeline(pack.labels.length, pack.windowFrames);
  for (const window of windows) timeline.add(window);
  const highest = (k: number) =>
    windows.reduce((most, { silent, probabilities }) => Math.max(most, silent ? 0 : probabilities[k]), 0);
  const heard = pack.labels.indexOf(clip.heard.label);
  const others = pack.labels
    .map((_, k) => k)
    .filter((k) => k !== heard)
    .sort((a, b) => highest(b) - highest(a));
  const frames = Math.ceil((duration * pack.sampleRate + pack.stft.window) / pack.stft.hop);
  return spectrogramPicture({
    title: clip.title,
    subtitle: clip.subtitle,
    columns,
    sampleRate: pack.sampleRate,
    stft: pack.stft,
    duration,
    classes: [heard, ...others].slice(0, CLASSES_SHOWN).map((k) => ({
      label: pack.labels[k].replaceAll("_", " "),
      overTime: timeline.sample(k, frames, POINTS_OVER_TIME),
    })),
  });
}
