/**
 * What a classifier makes of what it knows, of what it doesn't, and of two sounds at once: decisions as everywhere
 * (`models/explain/class-decision.ts`), at the pack's thresholds and at those at which little of the unknown is taken.
 */
import {
  answersAlone,
  type DecisionClasses,
  decide,
  logOdds,
  rankedClasses,
} from "../../../models/explain/class-decision.ts";
import { classThresholds } from "../../../models/pack/pack.ts";
import { FOLDER_CLASSES } from "../../data/sound-sets.ts";
import { meanRow, type Share } from "./classifier-report.ts";

/** The classifier's answers to one sound: a row of probabilities [classes] a window, audible windows only. */
interface HeardSound {
  /** A class of the pack, or of an unknown sound whatever word there is for it. */
  readonly label: string;
  readonly windows: readonly Float32Array[];
  /** What is said of the sound as a whole, [classes]; the mean of its windows without. */
  readonly whole?: Float32Array | undefined;
  /** The folder that it is from, where sounds of its class are counted folder by folder. */
  readonly source?: string | undefined;
}

export interface UnknownSound extends HeardSound {
  /** Where it is from, for people. */
  readonly source: string;
}

/** Two sounds of known classes, mixed. */
export interface HeardPair {
  readonly louder: string;
  readonly fainter: string;
  readonly windows: readonly Float32Array[];
  /** As of one sound. */
  readonly whole?: Float32Array | undefined;
}

/** Share of unknown windows that may be taken for known when thresholds are compared. */
export const TAKEN_SHARE = 0.1;

export interface Recognition {
  /** Whether each class answers by itself. */
  readonly independent: boolean;
  readonly groups: readonly GroupRecognition[];
  readonly classes: readonly ClassRecognition[];
  /** At the pack's thresholds. */
  readonly own: Acceptance;
  /**
   * At the pack's thresholds, all moved by the same in log-odds, to where no more than `TAKEN_SHARE` of the unknown windows are
   * taken. Absent without unknown sounds.
   */
  readonly atShare?: Acceptance | undefined;
  /** What the unknown windows are of, and how many of them are taken for known. */
  readonly unknown: readonly UnknownRecognition[];
  /** Absent where no pairs were heard. */
  readonly pairs?: PairRecognition | undefined;
}

/** Clips of some classes, or of one class and folder; a clip is decided by what is said of it as a whole. */
export interface GroupRecognition {
  readonly name: string;
  /** Its class is the one most above its threshold. */
  readonly right: Share;
  /** Its class is the most probable one, whatever the thresholds are. */
  readonly mostProbable: Share;
  /** The same among the classes of the group alone; absent where that is nearly all. */
  readonly among?: Share | undefined;
  /** Its class is believed. */
  readonly believed: Share;
  /** Its class is believed in one of its windows at least. */
  readonly atSomeTime: Share;
}

export interface ClassRecognition {
  readonly label: string;
  /** The pack's own: from this probability on it is believed. */
  readonly threshold: number;
  readonly right: Share;
  readonly believed: Share;
  /** What clips of it are called that are not called right, the most frequent first. */
  readonly calledInstead: readonly { readonly label: string; readonly clips: number }[];
  /** Windows in which some known class is believed. */
  readonly windowsAccepted: Share;
  readonly windowsAcceptedAtShare?: Share | undefined;
  /** Unknown windows that are taken for it. */
  readonly taken: number;
  readonly takenAtShare?: number | undefined;
}

export interface Acceptance {
  /** What was added to the log-odds of the pack's thresholds. */
  readonly shift: number;
  /** By class, in the order of the labels. */
  readonly thresholds: readonly number[];
  /** Of the groups that windows were heard of: sentences may be far more than clips. */
  readonly groups: readonly GroupAcceptance[];
  /** Windows of unknown sounds in which some known class is believed. */
  readonly taken: Share;
}

export interface GroupAcceptance {
  readonly name: string;
  /** Windows in which some known class is believed. */
  readonly accepted: Share;
  /** Those in which it is, or is among others, their own. */
  readonly right: Share;
}

export interface UnknownRecognition {
  readonly source: string;
  readonly label: string;
  readonly taken: Share;
  readonly takenAtShare?: Share | undefined;
}

/** Shares of pairs; "named" is believed. */
export interface PairRecognition {
  /** Both in one and the same window. */
  readonly atOnce: Share;
  /** Each in some window. */
  readonly atSomeTime: Share;
  readonly louderAlone: Share;
  readonly fainterAlone: Share;
  readonly neither: Share;
  /** Both by the mean of the windows. */
  readonly byClip: Share;
  /** Of the windows of all pairs those in which each, and in which both, are named. */
  readonly windows: { readonly louder: Share; readonly fainter: Share; readonly both: Share };
}

export interface RecognitionOptions {
  readonly classes: DecisionClasses;
  readonly known: readonly HeardSound[];
  readonly unknown: readonly UnknownSound[];
  readonly pairs: readonly HeardPair[];
  /** Labels that are counted together, by name; may overlap. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** Groups of one label each, of those whose sounds come in folders of their own. */
export function folderGroups(labels: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    FOLDER_CLASSES.filter((label) => labels.includes(label)).map((label) => [label, [label]]),
  );
}

export function recognition(options: RecognitionOptions): Recognition {
  const { classes, unknown, pairs, groups } = options;
  const known = options.known.filter(({ windows }) => windows.length > 0);
  const own = new Beliefs(classes);
  const shift = shiftForShare(
    classes,
    unknown.flatMap(({ windows }) => windows),
    TAKEN_SHARE,
  );
  const moved = shift === undefined ? undefined : new Beliefs(shifted(classes, shift), shift);
  const labels = [...new Set(known.map(({ label }) => label))];
  const counted = groupsOf(groups, known);
  return {
    independent: answersAlone(classes),
    groups: counted.flatMap((group) => groupOf(own, known, group)),
    classes: labels
      .sort(byOrderOf(classes.labels))
      .map((label) => classOf(own, moved, known, unknown, label)),
    own: acceptance(own, options, counted),
    atShare: moved && acceptance(moved, options, counted),
    unknown: unknownKinds(own, moved, unknown),
    pairs: pairs.length > 0 ? pairsOf(own, pairs) : undefined,
  };
}

/** Classes whose thresholds are moved by so much in log-odds; out of reach where that is more than numbers tell apart. */
export function shifted(classes: DecisionClasses, shift: number): DecisionClasses {
  const thresholds = classThresholds(classes).map((threshold) => {
    const moved = logOdds(threshold) + shift;
    return moved < MOST_LOG_ODDS ? 1 / (1 + Math.exp(-moved)) : OUT_OF_REACH;
  });
  return { ...classes, thresholds };
}

/**
 * By how much the thresholds have to be moved, in log-odds, so that some known class is believed in at most this share of the
 * windows, and by no more than that. Undefined without windows.
 */
export function shiftForShare(
  classes: DecisionClasses,
  windows: readonly Float32Array[],
  share: number,
): number | undefined {
  if (windows.length === 0) return undefined;
  const margins = windows.map((row) => marginOf(classes, row)).sort((one, other) => other - one);
  // The largest margin that must not be reached; whatever is above it may be.
  return Math.max(-MOST_LOG_ODDS, margins[Math.floor(share * windows.length)]) + LEAST_STEP;
}

/** Probabilities nearer to 0 and 1 than 1e-9 are not told apart. */
const MOST_LOG_ODDS = Math.log(1e9 - 1);
const OUT_OF_REACH = 1 + 1e-9;
/** In log-odds: far less than what two windows differ by, far more than the rounding of thresholds. */
const LEAST_STEP = 1e-6;

/** How far above its threshold, in log-odds, the class is that would be believed first; -Infinity where none could be. */
function marginOf(classes: DecisionClasses, row: Float32Array): number {
  const ranked = rankedClasses(classes, row);
  const first = answersAlone(classes) ? ranked.find(({ label }) => label !== classes.other) : ranked[0];
  if (first === undefined || first.label === classes.other) return Number.NEGATIVE_INFINITY;
  return logOdds(first.probability) - logOdds(first.threshold);
}

/** What is believed in each window at some thresholds; a window is asked about by many figures and decided once. */
class Beliefs {
  readonly #believed = new WeakMap<Float32Array, readonly string[]>();

  constructor(
    readonly classes: DecisionClasses,
    /** By which the thresholds were moved. */
    readonly shift = 0,
  ) {}

  in(row: Float32Array): readonly string[] {
    const before = this.#believed.get(row);
    if (before) return before;
    const believed = decide(this.classes, row).believed.map(({ label }) => label);
    this.#believed.set(row, believed);
    return believed;
  }
}

/** Sounds that are counted together. */
interface Group {
  readonly name: string;
  readonly members: readonly string[];
  has(sound: Pick<HeardSound, "label" | "source">): boolean;
}

/** Those of labels, and the folders of a label of which there are sounds of several. */
function groupsOf(byLabel: RecognitionOptions["groups"], known: readonly HeardSound[]): Group[] {
  const folders = new Map<string, Set<string>>();
  for (const { label, source } of known) {
    if (source !== undefined) folders.set(label, (folders.get(label) ?? new Set()).add(source));
  }
  return [
    ...Object.entries(byLabel).map(([name, members]) => ({
      ...{ name, members },
      has: ({ label }: Pick<HeardSound, "label">) => members.includes(label),
    })),
    ...[...folders].flatMap(([member, sources]) =>
      sources.size < 2
        ? []
        : [...sources].map((from) => ({
            ...{ name: `${member}: ${from}`, members: [member] },
            has: ({ label, source }: Pick<HeardSound, "label" | "source">) =>
              label === member && source === from,
          })),
    ),
  ];
}

function acceptance(
  at: Beliefs,
  { known, unknown }: RecognitionOptions,
  groups: readonly Group[],
): Acceptance {
  const heard = known.flatMap(({ label, source, windows }) =>
    windows.map((row) => ({ label, source, believed: at.in(row) })),
  );
  const shares = groups.map((group): GroupAcceptance => {
    const windows = heard.filter((window) => group.has(window));
    return {
      name: group.name,
      accepted: shareOf(windows, ({ believed }) => believed.length > 0),
      right: shareOf(windows, ({ label, believed }) => believed.includes(label)),
    };
  });
  const strange = unknown.flatMap(({ windows }) => windows);
  return {
    shift: at.shift,
    thresholds: classThresholds(at.classes),
    groups: shares.filter(({ accepted }) => accepted.of > 0),
    taken: shareOf(strange, (row) => at.in(row).length > 0),
  };
}

/** None where no clip is of the group. */
function groupOf(
  own: Beliefs,
  known: readonly HeardSound[],
  { name, members, has }: Group,
): GroupRecognition[] {
  const clips = known.filter(has).map((sound) => ({ ...sound, mean: wholeOf(sound) }));
  if (clips.length === 0) return [];
  const { classes } = own;
  const few = members.length > 1 && members.length < classes.labels.length / 2;
  return [
    {
      name,
      right: shareOf(clips, ({ label, mean }) => decide(classes, mean).best.label === label),
      mostProbable: shareOf(clips, ({ label, mean }) => mostProbable(classes, mean) === label),
      among: few
        ? shareOf(
            clips,
            ({ label, mean }) =>
              rankedClasses(classes, mean).find((each) => members.includes(each.label))?.label === label,
          )
        : undefined,
      believed: shareOf(clips, ({ label, mean }) => own.in(mean).includes(label)),
      atSomeTime: shareOf(clips, ({ label, windows }) => windows.some((row) => own.in(row).includes(label))),
    },
  ];
}

function classOf(
  own: Beliefs,
  moved: Beliefs | undefined,
  known: readonly HeardSound[],
  unknown: readonly UnknownSound[],
  label: string,
): ClassRecognition {
  const clips = known.filter((sound) => sound.label === label);
  const windows = clips.flatMap((sound) => sound.windows);
  const strange = unknown.flatMap((sound) => sound.windows);
  const accepted = (at: Beliefs) => shareOf(windows, (row) => at.in(row).length > 0);
  const taken = (at: Beliefs) => shareOf(strange, (row) => at.in(row).includes(label)).right;
  const { labels } = own.classes;
  const called = clips.map((clip) => decide(own.classes, wholeOf(clip)).best.label);
  return {
    label,
    threshold: classThresholds(own.classes)[labels.indexOf(label)],
    calledInstead: calledInstead(called, label),
    right: shareOf(called, (each) => each === label),
    believed: shareOf(clips, (clip) => own.in(wholeOf(clip)).includes(label)),
    windowsAccepted: accepted(own),
    windowsAcceptedAtShare: moved && accepted(moved),
    taken: taken(own),
    takenAtShare: moved && taken(moved),
  };
}

function mostProbable({ labels }: DecisionClasses, row: Float32Array): string {
  return labels[row.indexOf(Math.max(...row))];
}

function calledInstead(called: readonly string[], right: string): { label: string; clips: number }[] {
  const counts = new Map<string, number>();
  for (const label of called) {
    if (label !== right) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(([label, count]) => ({ label, clips: count })).sort((a, b) => b.clips - a.clips);
}

function unknownKinds(
  own: Beliefs,
  moved: Beliefs | undefined,
  unknown: readonly UnknownSound[],
): UnknownRecognition[] {
  const kinds = new Map<string, UnknownSound[]>();
  for (const sound of unknown) {
    const kind = JSON.stringify([sound.source, sound.label]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), sound]);
  }
  return [...kinds.values()].map((sounds) => {
    const windows = sounds.flatMap((sound) => sound.windows);
    const taken = (at: Beliefs) => shareOf(windows, (row) => at.in(row).length > 0);
    const [{ source, label }] = sounds;
    return { source, label, taken: taken(own), takenAtShare: moved && taken(moved) };
  });
}

function pairsOf(own: Beliefs, pairs: readonly HeardPair[]): PairRecognition {
  const named = pairs
    .filter(({ windows }) => windows.length > 0)
    .map(({ louder, fainter, windows, whole }) => {
      const rows = windows.map((row) => own.in(row));
      const mean = own.in(wholeOf({ windows, whole }));
      return {
        atOnce: rows.some((row) => row.includes(louder) && row.includes(fainter)),
        louder: rows.some((row) => row.includes(louder)),
        fainter: rows.some((row) => row.includes(fainter)),
        byClip: mean.includes(louder) && mean.includes(fainter),
        windows: rows.map((row) => ({ louder: row.includes(louder), fainter: row.includes(fainter) })),
      };
    });
  const windows = named.flatMap((pair) => pair.windows);
  return {
    atOnce: shareOf(named, (pair) => pair.atOnce),
    atSomeTime: shareOf(named, (pair) => pair.louder && pair.fainter),
    louderAlone: shareOf(named, (pair) => pair.louder && !pair.fainter),
    fainterAlone: shareOf(named, (pair) => pair.fainter && !pair.louder),
    neither: shareOf(named, (pair) => !pair.louder && !pair.fainter),
    byClip: shareOf(named, (pair) => pair.byClip),
    windows: {
      louder: shareOf(windows, ({ louder }) => louder),
      fainter: shareOf(windows, ({ fainter }) => fainter),
      both: shareOf(windows, ({ louder, fainter }) => louder && fainter),
    },
  };
}

function wholeOf({ windows, whole }: Pick<HeardSound, "windows" | "whole">): Float32Array {
  return whole ?? meanRow(windows);
}

function shareOf<T>(items: readonly T[], right: (item: T) => boolean): Share {
  return { right: items.filter(right).length, of: items.length };
}

function byOrderOf(labels: readonly string[]) {
  return (one: string, other: string) => labels.indexOf(one) - labels.indexOf(other);
}
