/** `listenable bench latency-quality`: what a short delay costs in faithfulness. */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { readHeard } from "../lab/data/heard-sounds.ts";
import { findSounds } from "../lab/data/sound-folder.ts";
import { heardInTraining, heardSentences } from "../lab/evaluation/heard-in-training.ts";
import { framesAnswered } from "../models/explain/window-times.ts";
import { audioShape } from "../models/pack/pack.ts";
import { curvesSvg } from "../models/picture/curves-svg.ts";
import { openPack } from "../models/runtime/open-pack-node.ts";
import { hopMs } from "../protocol/audio-shape.ts";
import { localDay } from "../protocol/local-time.ts";
import { oneLine } from "../protocol/shown-text.ts";
import { framingSeconds } from "../worklets/explainer.ts";
import { type LatencyQuality, type MaskQuality, studyLatencyQuality } from "./bench/latency-quality.ts";
import { UsageError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, packOption, positiveInteger, wholeNumber } from "./options.ts";
import { showProgress } from "./progress.ts";
import { printResult, say } from "./say.ts";

interface Options extends CommonOptions {
  data: string;
  fold?: number;
  pack: string;
  method?: string;
  clips: number;
  lookAhead: number[];
  stride: number[];
  lag: number;
  rate: number;
  out?: string;
  svg?: string;
}

const EXAMPLES = `
Explains every clip twice: as \`listenable explain\` does, with all the time it wants, and as the live page hears it, for
every look-ahead and stride, by the live page's own merging of masks. In windows of a second it then compares both masks
and what the classifier makes of the sound under each (AI, AD, FF, Fid-In as in \`listenable evaluate\`). Of a streaming
pack strides are the blocks that are heard at once, and there is no look-ahead but what is left of a block. With --lag 0
the latency is that of the method alone, without the time that computing takes.

Examples:
  $ listenable bench latency-quality --data ESC-50 --fold 4
  $ listenable bench latency-quality --data ESC-50 --fold 4 --look-ahead 0,2,4 --stride 3 --lag 1 --json
  $ listenable bench latency-quality --pack everyday --data ESC-50 --fold 4 --stride 4,8 --lag 0
  $ listenable bench latency-quality --data recordings --clips 20 --out study.md --svg study.svg
`;

export function registerLatencyQuality(bench: Command): void {
  bench
    .command("latency-quality")
    .description("compare the live stream's masks with those of explain, over look-ahead and stride")
    .requiredOption("--data <dir>", "ESC-50, UrbanSound8K, or any folder of sounds of 3 seconds and more")
    .option(
      "--fold <n>",
      "only this fold of the data set, one that the pack was not trained on",
      positiveInteger,
    )
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .option(
      "--clips <n>",
      "at most so many clips, evenly picked of those that the pack knows",
      positiveInteger,
      80,
    )
    .option("--look-ahead <frames>", "list of look-aheads", frameList, [0, 1, 2, 3, 4, 6, 8, 12, 16])
    .option("--stride <frames>", "list of strides", frameList, [2, 3, 4, 6, 8])
    .option("--lag <frames>", "frames from a window's newest one to its mask, 0 for none", wholeNumber, 2)
    .option("--rate <hz>", "of the sound device, for the latency", positiveInteger, 48_000)
    .option("--out <file>", "also write the table as Markdown to this file")
    .option("--svg <file>", "write the curves to this file")
    .addHelpText("after", EXAMPLES)
    .action(study);
}

function frameList(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 0 || value > 64)) {
    throw new UsageError(`"${text}" is not a list of frames from 0 to 64, such as 0,2,4`);
  }
  return values;
}

async function study(options: Options): Promise<void> {
  if (options.stride.includes(0)) throw new UsageError("--stride: windows must be at least one frame apart");
  const opened = await openPack(options.pack);
  const { pack } = opened;
  if (pack.phases) throw new UsageError(`pack ${pack.name} needs phases; this study masks magnitudes alone`);
  const { windowFrames } = pack;
  const strides = pack.streaming
    ? options.stride.filter((frames) => frames % windowFrames === 0)
    : options.stride;
  if (strides.length === 0)
    throw new UsageError(`--stride: pack ${pack.name} hears whole blocks of ${windowFrames} frames`);
  const { sounds } = await findSounds(options.data, options.fold);
  const labelled = sounds.filter(({ label }) => label !== undefined && pack.labels.includes(label));
  const known = labelled.length > 0 ? labelled : sounds;
  const count = Math.min(options.clips, known.length);
  const chosen = Array.from({ length: count }, (_, k) => known[Math.floor((k * known.length) / count)]);
  const [classifier, method] = [await opened.classifier(), await opened.method(options.method)];
  const progress = showProgress("clips", count);
  const told = await readHeard(opened);
  const { hashes, ...result } = await interruptible((signal) =>
    studyLatencyQuality({
      ...{ classifier, method, sounds: chosen, signal, lag: options.lag },
      ...{ lookAheads: pack.streaming ? [0] : options.lookAhead, strides },
      onClip: (done) => progress.update(done),
    }),
  ).finally(() => progress.end());
  await opened.close();
  const source = options.fold === undefined ? options.data : `fold ${options.fold} of ${options.data}`;
  const heard = heardInTraining(pack.name, told, [{ name: source, hashes }]);
  const sentences = heardSentences(heard);
  for (const sentence of sentences) say(sentence);

  const shape = audioShape(pack);
  const latencyMs = (delay: number) => 1_000 * framingSeconds(options.rate, shape) + delay * hopMs(shape);
  const perSecond = (stride: number) => 1_000 / (stride * hopMs(shape));
  const markdown = [
    `Measured ${localDay(new Date())} by \`listenable bench ${oneLine(process.argv.slice(3).join(" "))}\`: ` +
      `${oneLine(`${pack.name} ${pack.version}`)}, method ${method.method.name}; ${result.clips} clips, ${result.windows} windows of ` +
      `${((framesAnswered(pack) * hopMs(shape)) / 1_000).toFixed(2)} s; masks ${options.lag} frames after their window.`,
    ...sentences.map(oneLine),
    table(result, latencyMs, perSecond),
  ].join("\n\n");
  if (options.out) await writeFile(options.out, `${markdown}\n`);
  if (options.svg) await writeFile(options.svg, curves(result, latencyMs));
  const streams = result.streams.map((each) => ({
    ...each,
    latencyMs: latencyMs(each.delay),
    ofOffline: ofOffline(each.quality, result.offline),
  }));
  printResult(options.json, { pack: pack.name, heard, ...result, streams }, () => markdown);
}

/** AI and Fid-In as shares of what they are offline; null where that is 0. */
function ofOffline(live: MaskQuality, offline: MaskQuality) {
  const share = (key: "ai" | "fidIn") => (offline[key] > 0 ? live[key] / offline[key] : null);
  return { ai: share("ai"), fidIn: share("fidIn") };
}

function table(
  { offline, streams }: Pick<LatencyQuality, "offline" | "streams">,
  latencyMs: (delay: number) => number,
  perSecond: (stride: number) => number,
): string {
  const quality = ({ correlation, distance, ai, ad, ff, fidIn }: MaskQuality) => [
    correlation.toFixed(3),
    distance.toFixed(3),
    ai.toFixed(1),
    ad.toFixed(1),
    ff.toFixed(3),
    fidIn.toFixed(3),
  ];
  const head = ["stride", "look-ahead", "latency, ms", "windows a second", "correlation", "distance"];
  const rows = [
    [...head, "AI", "AD", "FF", "Fid-In", "AI of offline", "Fid-In of offline"],
    Array(12).fill("---"),
    ["offline", "", "", "", ...quality(offline), "", ""],
    ...streams.map((each) => [
      String(each.stride),
      String(each.lookAhead),
      latencyMs(each.delay).toFixed(0),
      perSecond(each.stride).toFixed(1),
      ...quality(each.quality),
      ...Object.values(ofOffline(each.quality, offline)).map((share) => share?.toFixed(3) ?? "–"),
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function curves({ streams }: Pick<LatencyQuality, "streams">, latencyMs: (delay: number) => number): string {
  const strides = [...new Set(streams.map(({ stride }) => stride))];
  return curvesSvg({
    title: "Streaming masks against offline ones: a later sound is masked better",
    x: "algorithmic latency, ms",
    y: "correlation with the offline mask",
    curves: strides.map((stride) => ({
      name: `stride ${stride}`,
      points: streams
        .filter((each) => each.stride === stride)
        .map(({ delay, quality }) => ({ x: latencyMs(delay), y: quality.correlation })),
    })),
  });
}
