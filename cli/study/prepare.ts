/** `listenable study prepare`: sounds and a study file from data and methods. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { heardSentences } from "../../lab/evaluation/heard-in-training.ts";
import { CONTAMINATIONS, type Contamination } from "../../lab/evaluation/plan/contamination.ts";
import { checkStride } from "../../lab/explaining/check-stride.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { oneLine, shownValues } from "../../protocol/shown-text.ts";
import { ANCHORS, type Anchor, type ForeignMethod } from "../../study/conditions.ts";
import { chosenMaterial, nameOf } from "../../study/material.ts";
import { type Prepared, prepareStudy } from "../../study/prepare.ts";
import { STUDY_FILE, type Study } from "../../study/study-file.ts";
import { UsageError } from "../errors.ts";
import { followed } from "../follow.ts";
import {
  type CommonOptions,
  channelOption,
  packOption,
  positiveInteger,
  positiveNumber,
  RUNTIMES,
  runtimeOption,
  strideOption,
  wholeNumber,
} from "../options.ts";
import { printJson, printText, say } from "../say.ts";

interface PrepareCommandOptions extends CommonOptions {
  data?: string;
  fold?: number;
  methods: string[];
  foreign: ForeignMethod[];
  anchors: Anchor[];
  pack: string;
  runtime: keyof typeof RUNTIMES;
  contamination: Contamination;
  speech?: string;
  classes?: string;
  clips: number;
  trials?: number;
  attention: number;
  headphones: boolean;
  scale: Study["scale"];
  seed: number;
  loudness: number;
  seconds: number;
  stride?: number;
  channel: ChannelChoice;
  keepWrong?: boolean;
  name?: string;
  title: string;
  out: string;
}

const EXAMPLES = `
Writes into STUDY:
  study.json         texts, questions, conditions, clips and numbers; edit it before the first participant
  sounds/            originals and explanations, each trial's at one loudness (ITU-R BS.1770), under names that tell nothing
  preparation.json   what each clip was made of, its levels, and the sounds that were left out, with the reason
Participants are asked about the class that the classifier decides on. Clips that it gets wrong or is not sure of are left
out (--keep-wrong takes them), and classes take turns. One clip more than --clips is made, for practice.
--foreign adds explanations that were made elsewhere: a folder with a sound for each clip, called as the clip is.

Examples:
  $ listenable study prepare --data ESC-50 --fold 4 --contamination mixtures --methods all --anchors low --out my-study
  $ listenable study prepare dog.wav siren.wav rain.wav --pack esc10-speech --methods lmac,all-ones --anchors original,low --out my-study
  $ listenable study prepare --data mixtures --methods all --foreign l2i=l2i-sounds --classes classes.csv --out my-study
`;

export function registerPrepare(study: Command): void {
  study
    .command("prepare")
    .description("choose clips, explain them, level the sounds and write a study file")
    .argument("[files...]", "sound files to ask about, where --data names no folder")
    .requiredOption("--out <dir>", "folder of the study; made if it is not there")
    .option("--data <dir>", "ESC-50, UrbanSound8K, or any folder of sounds")
    .option("--fold <n>", "only this fold of the data set", positiveInteger)
    .option("--methods <list>", "methods of the pack that are rated, or all", list, [])
    .option("--foreign <name=dir>", "explanations made elsewhere; can be given again", foreign, [])
    .option("--anchors <list>", `hidden among the methods: ${ANCHORS.join(", ")}`, anchors, [])
    .addOption(packOption())
    .addOption(
      new Option("--contamination <kind>", "what is mixed into the clips")
        .choices(CONTAMINATIONS)
        .default("clean"),
    )
    .option("--speech <dir>", "spoken sentences, for --contamination speech")
    .option("--classes <file>", "CSV of clip,class for sounds that no data set labels")
    .option("--clips <n>", "clips that are rated", positiveInteger, 12)
    .option("--trials <n>", "clips that each participant rates (default: all)", positiveInteger)
    .option("--attention <n>", "trials that show whether somebody listens", wholeNumber, 1)
    .option("--no-headphones", "leave the headphone check out")
    .addOption(new Option("--scale <kind>", "of the ratings").choices(["0-100", "1-5"]).default("0-100"))
    .option("--loudness <lufs>", "of all sounds, where their peaks allow it", loudness, -23)
    .option("--seconds <n>", "longer sounds are cut", positiveNumber, 10)
    .addOption(strideOption())
    .addOption(channelOption())
    .option("--keep-wrong", "also take clips that the classifier gets wrong or is not sure of")
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--name <name>", "of the study: lower-case letters, digits, dashes (default: the folder's)")
    .option("--title <text>", "what participants see first", "Listening study")
    .addOption(runtimeOption())
    .addHelpText("after", EXAMPLES)
    .action(prepare);
}

async function prepare(files: readonly string[], options: PrepareCommandOptions): Promise<void> {
  const { out, json, pack, stride, ...wishes } = options;
  if (existsSync(join(out, STUDY_FILE))) {
    throw new UsageError(`${join(out, STUDY_FILE)} is there already; name another folder with --out`);
  }
  const prepared = await followed(async ({ signal, onProgress, onNotice }) => {
    const opened = await openPack(pack, { build: RUNTIMES[options.runtime], log: onNotice });
    try {
      checkStride(stride, opened.pack);
      return await prepareStudy({
        ...wishes,
        ...(await chosenMaterial({ ...wishes, files }, opened.pack)),
        ...{ opened, folder: out, name: options.name ?? nameOf(out), stride, signal },
        mostSeconds: options.seconds,
        keepWrong: options.keepWrong ?? false,
        onProgress: (done, total, what) => onProgress({ stage: "prepare", done, total, detail: `· ${what}` }),
      });
    } finally {
      await opened.close();
    }
  });
  const { heard } = prepared;
  if (heard) for (const sentence of heardSentences(heard)) say(sentence);
  if (json) printJson(facts(prepared, out));
  else printText(summary(shownValues(prepared), oneLine(out)));
}

function facts({ study, leftOut, faint, channels, heard }: Prepared, out: string) {
  const { name, clips, methods, trials, attention } = study;
  return {
    out,
    name,
    clips: clips.length,
    methods: methods.map(({ id }) => id),
    trials,
    attention: attention.length,
    leftOut,
    faint,
    channels,
    heard,
  };
}

function summary({ study, leftOut, faint, channels }: Prepared, out: string): string {
  const { clips, methods, trials, attention, questions } = study;
  const classes = [...new Set(clips.map(({ label }) => label))];
  return [
    `${clips.length} clips of ${classes.length} classes (${classes.join(", ")}), sounds left out: ${leftOut.length}`,
    `rated: ${methods.map(({ title }) => title).join(", ")}`,
    `each participant: practice, ${trials} trials, checks of attention: ${attention.length}, ${trials * methods.length * questions.length} ratings that count`,
    ...channels.map((note) => `note: ${note}`),
    ...(faint.length > 0 ? [`fainter than the others of their trial: ${faint.join(", ")}`] : []),
    `written to ${out}; read ${join(out, STUDY_FILE)}, then: listenable study serve ${out}`,
  ].join("\n");
}

function foreign(text: string, before: readonly ForeignMethod[]): ForeignMethod[] {
  const found = /^([a-z0-9][a-z0-9-]*)=(.+)$/.exec(text);
  if (!found) {
    throw new UsageError(
      `--foreign: "${text}" is not a name (lower-case letters, digits, dashes), "=" and a folder: l2i=l2i-sounds`,
    );
  }
  return [...before, { id: found[1], folder: found[2] }];
}

function list(text: string): string[] {
  return [...new Set(text.split(",").map((word) => word.trim()))];
}

function anchors(text: string): Anchor[] {
  return list(text).map((name) => {
    const found = ANCHORS.find((each) => each === name);
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${ANCHORS.join(", ")}.`);
    return found;
  });
}

function loudness(text: string): number {
  const value = Number(text);
  if (!(value >= -50 && value <= -10)) {
    throw new InvalidArgumentError(`"${text}" is not a loudness from -50 to -10 LUFS.`);
  }
  return value;
}
