/** What an evaluation and the threads that run its models have to say to each other. */
import type { ChannelChoice } from "../../../dsp/channel-choice.ts";
import type { SoundCheck } from "../../data/check-sound.ts";
import type { Setting } from "../plan/contamination.ts";
import type { Portrait } from "../report/report-data.ts";
import type { PackedAnswers } from "./heard-sound.ts";
import type { MethodRows, SoundFile, SoundPools } from "./measure-sound.ts";
import type { LayerCheck } from "./randomisation.ts";

/** Given to a thread at its start. */
export interface MeasuringSettings {
  readonly packFolder: string;
  readonly build: "auto" | "native" | "wasm";
  readonly seed: number;
  readonly stride: number;
  /** Calls a window of methods without gradients; their default without. */
  readonly budget?: number | undefined;
  /** Which channel of the sounds is heard. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
}

export interface MeasuringContract {
  /** `pools`: the sounds that are mixed into others, as known by then. */
  readonly settings: MeasuringSettings & { readonly pools: SoundPools };
  readonly ready: { readonly description: string; readonly notices: readonly string[] };
  readonly calls: {
    /** Sounds that are mixed into others from now on. */
    readonly mixIn: { readonly request: SoundPools; readonly reply: undefined };
    readonly perform: {
      readonly request: MeasuringTask;
      readonly reply: TaskResult;
      readonly progress: TaskPart;
    };
  };
}

/** One thing to measure of a sound: the classifier's answers, a method of the pack, or an oracle. */
export type RowId = `${"classifier" | "method" | "features" | "oracle"}:${string}`;

export type MeasuringTask =
  | { readonly type: "check"; readonly path: string }
  /** The classifier's answers to the sound as it is, or with a fainter one at once. */
  | { readonly type: "answers"; readonly file: SoundFile; readonly fainter?: SoundFile | undefined }
  | {
      readonly type: "measure";
      readonly file: SoundFile;
      readonly setting: Setting;
      readonly rows: readonly RowId[];
    }
  | {
      readonly type: "portrait";
      readonly file: SoundFile;
      readonly setting: Setting;
      readonly methods: readonly string[];
    }
  | { readonly type: "randomise"; readonly method: string; readonly files: readonly SoundFile[] };

/** What the classifier says of each contaminated sound: mean of its windows, [classes] a sound. */
export interface SettingAnswers {
  readonly answers: readonly (readonly number[])[];
  readonly windows: number;
}

export type TaskPart =
  | { readonly row: RowId; readonly rows: MethodRows }
  | { readonly row: RowId; readonly answers: SettingAnswers }
  | { readonly row: RowId; readonly failure: string };

export type TaskResult =
  | { readonly type: "check"; readonly check: SoundCheck }
  | { readonly type: "answers"; readonly heard: PackedAnswers }
  | { readonly type: "measure" }
  | { readonly type: "portrait"; readonly portrait: Portrait }
  | { readonly type: "randomise"; readonly layers: readonly LayerCheck[] };
