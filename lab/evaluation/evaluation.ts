/** What an evaluation is asked for, and what comes of it. */

import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import type { HeardSounds } from "../data/heard-sounds.ts";
import type { FoundSound, FoundSounds } from "../data/sound-folder.ts";
import type { HeardInTraining } from "./heard-in-training.ts";
import type { MaskControl } from "./measure/explain-windows.ts";
import type { SoundPools } from "./measure/measure-sound.ts";
import type { LazyThreads } from "./measure/measuring-threads.ts";
import type { LayerCheck } from "./measure/randomisation.ts";
import type { ResultStore } from "./measure/result-store.ts";
import type { ClassifierReport, Share } from "./metrics/classifier-report.ts";
import type { MetricRow } from "./metrics/metric-row.ts";
import type { Recognition } from "./metrics/recognition.ts";
import type { Setting } from "./plan/contamination.ts";

export interface EvaluationOptions {
  readonly opened: OpenPack;
  readonly data: FoundSounds;
  /** Of the data set, the only one whose sounds they are. */
  readonly fold?: number | undefined;
  /** What the pack has heard in training; absent where it doesn't say. */
  readonly heard?: HeardSounds | undefined;
  readonly sentences?: FoundSounds | undefined;
  /** What sounds behind the events of scenes; noise of random colours without. */
  readonly backgrounds?: readonly FoundSound[] | undefined;
  /** Sounds of what the pack doesn't know, beside those of the data. */
  readonly unknown?: readonly FoundSounds[] | undefined;
  /** Folders of voices beside the sentences. */
  readonly voices?: readonly FoundSounds[] | undefined;
  readonly music?: readonly FoundSounds[] | undefined;
  readonly settings: readonly Setting[];
  /** Methods of the pack or without gradients, in the order of the table. */
  readonly methods: readonly string[];
  /** Of the categories that the pack does not know, judge only these. */
  readonly only?: readonly string[] | undefined;
  /** Measure at most so many clips that the pack knows and so many others, drawn by the seed. */
  readonly mostClips?: number | undefined;
  readonly seed: number;
  /** Calls a window of methods without gradients. */
  readonly budget?: number | undefined;
  /** Frames from one window to the next. */
  readonly stride: number;
  /** Which channel of the sounds is heard. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
  /** Randomise the classifier's weights layer by layer as well. */
  readonly randomisation: boolean;
  readonly threads: LazyThreads;
  readonly store: ResultStore;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  /** Told what people should know before the measuring begins. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type TableBlock = "listenable" | "not listenable" | "baseline" | "oracle";

export interface TableRow {
  readonly block: TableBlock;
  readonly method: string;
  readonly title: string;
  /** Whether the row is the method's or a control made of its masks. */
  readonly control: MaskControl;
  /** Clips that the mean is over. */
  readonly clips: number;
  /** Mean over the clips of each clip's mean over its windows. */
  readonly mean: MetricRow;
}

export interface SettingTable {
  readonly setting: Setting;
  /** Contaminated sounds that the classifier names right; absent without labels. */
  readonly accuracy?: Share | undefined;
  readonly clips: number;
  readonly sounds: number;
  readonly windows: number;
  readonly rows: readonly TableRow[];
}

/** One clip in one setting, for the report. */
export interface ClipResult {
  readonly setting: Setting;
  readonly clip: string;
  readonly path: string;
  readonly label?: string | undefined;
  /** A method's own row, by its name. */
  readonly rows: Readonly<Record<string, MetricRow>>;
}

export interface Evaluation {
  readonly layout: string;
  readonly clips: number;
  readonly sentences: number;
  /** How many of the sounds the pack has heard in training. */
  readonly heard: HeardInTraining;
  /** Absent without labels that the pack knows. */
  readonly classifier?: ClassifierReport | undefined;
  /** Absent likewise. */
  readonly recognition?: Recognition | undefined;
  readonly tables: readonly SettingTable[];
  /** Per method, last layer first. */
  readonly randomisation?: Readonly<Record<string, readonly LayerCheck[]>> | undefined;
  /** Files that were not measured, with the reason. */
  readonly skipped: readonly string[];
  /** What could not be computed of a clip, with the reason. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly perClip: readonly ClipResult[];
  /** Clips and sentences that were mixed into others. */
  readonly pools: SoundPools;
  /** What all figures together depend on. */
  readonly key: string;
}
