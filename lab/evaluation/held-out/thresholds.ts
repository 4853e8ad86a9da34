/**
 * Thresholds of a trained streaming classifier, chosen on sounds that it has not heard, and what comes of them there.
 *
 * What stands for the unknown is never what figures are measured on: the third of the other sounds that a run was told to spare
 * (`train stream --spare`), and any folder that it has not heard. Where there is nothing of the kind, sounds of known classes
 * stand in, their own class struck out: for all other classes they are strange. They are taken for something far less often than
 * what is truly unknown, as the classifier knows them not to be the others, so that of them less may be.
 */
import { writeFile } from "node:fs/promises";
import type { Pack } from "../../../models/pack/pack.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { FOLDER_CLASSES } from "../../data/sound-sets.ts";
import { UsageError } from "../../errors.ts";
import { loadClassifierAlone } from "../../packing/classifier-alone.ts";
import type { Follow } from "../../progress.ts";
import { loadAnyClassifier, type StreamClassifierMeta, type Weights } from "../../training/weights-file.ts";
import type { ChosenThresholds, HeldOutWindow } from "../metrics/choose-thresholds.ts";
import { folderGroups, type HeardPair, type Recognition, recognition } from "../metrics/recognition.ts";
import { steadyThresholds } from "../metrics/steady-thresholds.ts";
import { drawPairs } from "../plan/choose-sounds.ts";
import { recognitionTables } from "../report/recognition-tables.ts";
import { figureLines } from "../report/tables.ts";
import { type HeardSound, HOWS, type How, Listening } from "./listening.ts";
import { type HeldOutFolders, type HeldOutSound, heldOutSounds } from "./sounds.ts";

export interface ThresholdOptions extends HeldOutFolders {
  /** Run folder of a streaming classifier whose classes answer each by itself. */
  readonly classifier: string;
  /** Share of the unknown windows that may be taken for something, 0 to below 1. */
  readonly unknownShare?: number | undefined;
  /** Choose on every sound as it is alone, not also as a made-up room, microphone and line give it. */
  readonly asTheyAre?: boolean | undefined;
  /** Where the thresholds go, as `listenable pack --thresholds` reads them; the tables go beside them, as `.md`. */
  readonly out: string;
}

export const UNKNOWN_SHARE = 0.1;

/**
 * How often stand-ins may be taken for something, where the unknown are once. On the inner split, at thresholds of 0.5 and 0.7 for all
 * classes, 10.3 and 4.1 % of known windows without their class were taken, and 22 and 11 % of those of what is unknown; thresholds
 * that are chosen on the stand-ins suit them better still.
 */
const STAND_INS_TAKEN = 1 / 3;

export interface HeldOutThresholds {
  readonly thresholds: Readonly<Record<string, number>>;
  readonly chosen: Omit<ChosenThresholds, "thresholds">;
  /** Of the sounds as they are, and as made-up rooms and microphones give them. */
  readonly asTheyAre: Recognition;
  readonly asRecorded: Recognition;
  readonly notes: readonly string[];
  readonly markdown: string;
}

/**
 * Chooses the thresholds and writes them.
 *
 * @throws UsageError for a run whose classes exclude each other or that is of windows, and where nothing was held out.
 */
export async function heldOutThresholds(
  options: ThresholdOptions,
  { onProgress = () => {}, onNotice = () => {}, signal }: Follow = {},
): Promise<HeldOutThresholds> {
  const weights = await streamRun(options.classifier);
  const { labels } = weights.meta;
  const notes: string[] = [];
  const { known, unknown } = await heldOutSounds(options, weights.meta, notes);
  const classifier = await loadClassifierAlone(await nodeRuntime(), weights);
  const { seed = 1, unknownShare = UNKNOWN_SHARE, asTheyAre: cleanOnly = false } = options;
  const listening = new Listening(classifier, new Set(weights.meta.heard), seed);
  const clips = known.filter(isClip).length;
  const total = HOWS.length * (known.length + unknown.length + clips);
  let done = 0;
  const onHeard = () => {
    signal?.throwIfAborted();
    onProgress({ stage: "held-out sounds", done: ++done, total });
  };
  const sets: HeardSet[] = [];
  for (const how of HOWS) sets.push(await heardSet(listening, { known, unknown }, how, seed, onHeard));
  for (const line of listening.refused) onNotice(line);

  const standIns = sets[0].unknown.length === 0;
  const share = standIns ? STAND_INS_TAKEN * unknownShare : unknownShare;
  if (standIns) {
    notes.push(
      `Nothing unknown was held out: known sounds without their class stand in, of which ${(100 * share).toFixed(1)} % may be taken.`,
    );
  }
  const windows = (cleanOnly ? sets.slice(0, 1) : sets).flatMap((set) =>
    heldOutWindows(set.known, set.unknown, labels, standIns),
  );
  const sounds = labels.map((label) => sets[0].known.filter((sound) => sound.label === label).length);
  const { thresholds, ...chosen } = steadyThresholds(windows, sounds, { unknownShare: share });
  const rounded = thresholds.map((value) => Number(value.toFixed(4)));
  const classes = { ...classifier.pack, thresholds: rounded };
  const groups = groupsOf(classes);
  const [asTheyAre, asRecorded] = sets.map((set) => recognition({ classes, groups, ...set }));
  for (const note of notes) onNotice(note);
  const markdown = thresholdsMarkdown({ ...options, unknownShare }, { asTheyAre, asRecorded, notes });
  const byLabel = Object.fromEntries(labels.map((label, k) => [label, rounded[k]]));
  await writeFile(options.out, `${JSON.stringify(byLabel, null, 1)}\n`);
  await writeFile(`${options.out.replace(/\.json$/, "")}.md`, markdown);
  return { thresholds: byLabel, chosen, asTheyAre, asRecorded, notes, markdown };
}

/** All held-out sounds, heard in one of the two ways. */
interface HeardSet {
  readonly known: readonly HeardSound[];
  readonly unknown: readonly HeardSound[];
  readonly pairs: readonly HeardPair[];
}

async function heardSet(
  listening: Listening,
  sounds: { readonly known: readonly HeldOutSound[]; readonly unknown: readonly HeldOutSound[] },
  how: How,
  seed: number,
  onHeard: () => void,
): Promise<HeardSet> {
  const hear = async (all: readonly HeldOutSound[]) => {
    const heard: HeardSound[] = [];
    for (const sound of all) {
      heard.push(...(await listening.hear(sound, how)));
      onHeard();
    }
    return heard;
  };
  const known = await hear(sounds.known);
  const unknown = await hear(sounds.unknown);
  const pairs: HeardPair[] = [];
  for (const pair of drawPairs(known.filter(isClip), known, seed)) {
    pairs.push(...(await listening.hearTwo(pair, how)));
    onHeard();
  }
  return { known, unknown, pairs };
}

function isClip({ label }: Pick<HeldOutSound, "label">): boolean {
  return !FOLDER_CLASSES.includes(label);
}

async function streamRun(folder: string): Promise<Weights<StreamClassifierMeta>> {
  const { meta, values } = await loadAnyClassifier(folder);
  if (meta.kind !== "stream-classifier" || meta.answers !== "independent") {
    throw new UsageError(
      `${folder} holds no streaming classifier whose classes answer each by itself: others need one threshold, pack --threshold`,
    );
  }
  return { meta, values };
}

function heldOutWindows(
  known: readonly HeardSound[],
  unknown: readonly HeardSound[],
  labels: readonly string[],
  standIns: boolean,
): HeldOutWindow[] {
  const own = known.flatMap(({ label, windows }) =>
    windows.map((probabilities) => ({ label: labels.indexOf(label), probabilities })),
  );
  const strange = standIns
    ? own.map(({ label, probabilities }) => ({
        label: -1,
        probabilities: probabilities.map((value, k) => (k === label ? 0 : value)),
      }))
    : unknown.flatMap(({ windows }) => windows.map((probabilities) => ({ label: -1, probabilities })));
  return [...own, ...strange];
}

function groupsOf({ labels, other }: Pick<Pack, "labels" | "other">): Record<string, readonly string[]> {
  return {
    "known classes": labels.filter((label) => label !== other && isClip({ label })),
    ...folderGroups(labels),
  };
}

function thresholdsMarkdown(
  { classifier, folds, unknownShare = UNKNOWN_SHARE }: ThresholdOptions,
  { asTheyAre, asRecorded, notes }: Pick<HeldOutThresholds, "asTheyAre" | "asRecorded" | "notes">,
): string {
  const tables = (of: Recognition) => recognitionTables(of).flatMap((table) => [...figureLines(table), ""]);
  return [
    `# Thresholds of ${classifier}`,
    "",
    `Chosen on held-out sounds, fold ${folds.join(", ")}: at most ${(100 * unknownShare).toFixed(0)} % of unknown windows are to be taken.`,
    "These are the sounds that they were chosen on, so the figures are what can be hoped for.",
    "",
    ...notes.flatMap((note) => [note, ""]),
    "# The sounds as they are",
    "",
    ...tables(asTheyAre),
    "# The same through made-up rooms, microphones and lines",
    "",
    ...tables(asRecorded),
  ].join("\n");
}
