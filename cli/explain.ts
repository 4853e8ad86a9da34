/** `listenable explain`: what the classifier heard in a sound file, and where, as sound, picture and figures. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { type ClipDecision, ClipDecisionMean, type WindowDecision } from "../models/explain/clip-decision.ts";
import { DecisionTimeline } from "../models/explain/decision-timeline.ts";
import { DEFAULT_STRIDE, SignalExplainer } from "../models/explain/signal-explainer.ts";
import { findPack, openPackFolder } from "../models/pack/open-pack-node.ts";
import { type Pack, PackError, type PackMethod, packMethod } from "../models/pack/pack.ts";
import { SpectrogramColumns } from "../models/picture/spectrogram-columns.ts";
import { spectrogramPicture } from "../models/picture/spectrogram-picture.ts";
import { type LoadedMethod, loadMethod } from "../models/runtime/load-method.ts";
import { nodeRuntime } from "../models/runtime/runtime-node.ts";
import { openRecording, type Recording } from "../models/sound/open-recording-node.ts";
import { WavFileWriter } from "./audio/wav-file-writer.ts";
import { UsageError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, packOption, positiveInteger, RUNTIMES, runtimeOption } from "./options.ts";
import { type Progress, showProgress } from "./progress.ts";

interface ExplainOptions extends CommonOptions {
  out: string;
  pack: string;
  method?: string;
  class?: string;
  runtime: keyof typeof RUNTIMES;
  stride: number;
  original?: boolean;
}

/** Classes whose probabilities are drawn. */
const CLASSES_SHOWN = 3;
const POINTS_OVER_TIME = 500;

const EXAMPLES = `
Writes into DIR, replacing what is there:
  explanation.wav   the part that made the classifier decide
  rest.wav          everything else: explanation + rest = the recording (mean of its channels)
  spectrogram.png   the recording, the mask over it, and what was heard when
  explanation.json  the decision, the probabilities of every window, and how they came about
The sounds have the recording's sampling rate and length, as 32-bit floats. The released models hear
16 kHz, so what lies above 7 kHz is always part of the rest. Reads wav, mp3, flac, ogg, opus, m4a, aac, aiff and webm.

Examples:
  $ listenable explain dog.wav --out dog
  $ listenable explain street.mp3 --out street --class siren
  $ listenable explain dog.wav --out dog --method all-ones --json
`;

export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("split a sound file into what the classifier went by and the rest")
    .argument("<file>", "the sound file")
    .requiredOption("--out <dir>", "folder for the results; made if it is not there")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .option("--class <label>", "explain this class (default: each window's most probable one)")
    .addOption(runtimeOption())
    .option(
      "--stride <frames>",
      "frames (of 8 ms in the released packs) from one window to the next",
      positiveInteger,
      DEFAULT_STRIDE,
    )
    .option("--original", "also write original.wav, the mean of the recording's channels")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: ExplainOptions) => {
      const result = await explainFile(file, options);
      console.log(options.json ? JSON.stringify(result) : summary(result));
    });
}

async function explainFile(file: string, options: ExplainOptions) {
  const opened = await openPackFolder(findPack(options.pack));
  const { pack } = opened;
  const method = chosenMethod(pack, options.method);
  const target = chosenClass(pack, method, options.class);
  if (options.stride > pack.windowFrames) {
    throw new UsageError(`--stride ${options.stride} leaves gaps; windows have ${pack.windowFrames} frames`);
  }
  const recording = await openRecording(file);
  const log = (line: string) => console.error(`listenable: ${line}`);
  const runtime = await nodeRuntime({ build: RUNTIMES[options.runtime], log });
  const loaded = await loadMethod(runtime, await opened.graph(method.name), pack, method.name);
  try {
    return await interruptible((interrupted) =>
      explainRecording({ file, recording, loaded, target, options, interrupted }),
    );
  } finally {
    await loaded.close();
  }
}

function chosenMethod(pack: Pack, name?: string): PackMethod {
  try {
    return packMethod(pack, name);
  } catch (error) {
    throw error instanceof PackError ? new UsageError(`--method: ${error.message}`) : error;
  }
}

function chosenClass(pack: Pack, method: PackMethod, label?: string): number | undefined {
  if (label === undefined) return undefined;
  const index = pack.labels.indexOf(label);
  if (index < 0) {
    throw new UsageError(
      `--class: pack ${pack.name} has no class "${label}"; it has: ${pack.labels.join(", ")}`,
    );
  }
  if (!method.target) {
    throw new UsageError(
      `--class: method ${method.name} of pack ${pack.name} explains only the most probable class; leave --class out`,
    );
  }
  return index;
}

interface Job {
  readonly file: string;
  readonly recording: Recording;
  readonly loaded: LoadedMethod;
  readonly target: number | undefined;
  readonly options: ExplainOptions;
  /** Asked before every block and window; half-written sounds are then removed. */
  readonly interrupted: AbortSignal;
}

async function explainRecording({ file, recording, loaded, target, options, interrupted }: Job) {
  const { pack, method } = loaded;
  const { sampleRate } = recording;
  const explainer = new SignalExplainer({
    pack,
    sampleRate,
    stride: options.stride,
    explainWindow: async (magnitudes, phases) => {
      interrupted.throwIfAborted();
      const { probabilities, masks } = await loaded.run(magnitudes, 1, target, phases);
      return { probabilities, mask: masks };
    },
  });
  const names = ["explanation", "rest", ...(options.original ? (["original"] as const) : [])] as const;
  const columns = new SpectrogramColumns(pack.stft.bins);
  const timeline = new DecisionTimeline(pack.labels.length, pack.windowFrames);
  const mean = new ClipDecisionMean(pack);
  const windows: WindowDecision[] = [];
  const energy = { original: 0, explanation: 0, rest: 0 };
  let maskSum = 0;
  let frames = 0;
  let samples = 0;
  let samplesIn = 0;

  await makeFolder(options.out);
  const progress = showProgress(basename(file), recording.length);
  const sounds = await OutputSounds.create(options.out, names, sampleRate);
  try {
    const take = async (block: Awaited<ReturnType<SignalExplainer["finish"]>>) => {
      for (const name of names) await sounds.write(name, block[name]);
      for (const name of ["original", "explanation", "rest"] as const) {
        energy[name] += block[name].reduce((sum, sample) => sum + sample * sample, 0);
      }
      columns.add(block.magnitudes, block.mask);
      maskSum += block.mask.reduce((sum, value) => sum + value, 0);
      frames += block.mask.length / pack.stft.bins;
      samples += block.original.length;
      for (const window of block.windows) {
        timeline.add(window);
        mean.add(window);
        windows.push(window);
      }
    };
    for await (const block of recording.blocks) {
      interrupted.throwIfAborted();
      await take(await explainer.push(block));
      samplesIn += block.length;
      showPosition(progress, samplesIn, recording);
    }
    await take(await explainer.finish());
    await sounds.finish();
  } catch (error) {
    await sounds.abandon();
    throw error;
  } finally {
    progress.end();
  }

  const decision = mean.result();
  const seconds = samples / sampleRate;
  const shown = ranked(pack, decision).slice(0, CLASSES_SHOWN);
  const picture = spectrogramPicture({
    title: title(decision),
    subtitle: `${basename(file)} · ${method.title} · ${pack.title} ${pack.version}`,
    columns,
    sampleRate: pack.sampleRate,
    stft: pack.stft,
    duration: seconds,
    classes: shown.map(({ label, index }) => ({
      label: plainName(label),
      overTime: timeline.sample(index, frames, POINTS_OVER_TIME),
    })),
  });
  await writeFile(join(options.out, "spectrogram.png"), picture);

  const result = {
    file,
    sampleRate,
    samples,
    seconds: rounded(seconds),
    pack: { name: pack.name, version: pack.version },
    method: method.name,
    class: target === undefined ? null : pack.labels[target],
    runtime: loaded.runtime.description,
    decision: {
      label: decision.label,
      probability: decision.probability === null ? null : rounded(decision.probability),
      accepted: decision.accepted,
      threshold: pack.threshold,
      probabilities: Object.fromEntries(
        pack.labels.map((label, k) => [label, rounded(decision.probabilities[k])]),
      ),
    },
    /** Mean of the mask over all frames and bins. */
    maskMean: rounded(maskSum / (frames * pack.stft.bins)),
    /** Energy of the parts as shares of the recording's; they need not sum to one. */
    energy: {
      explanation: rounded(energy.original > 0 ? energy.explanation / energy.original : 0),
      rest: rounded(energy.original > 0 ? energy.rest / energy.original : 0),
    },
    windows: decision.windows,
    silentWindows: decision.silentWindows,
    faintWindows: decision.faintWindows,
    notes: recording.notes,
    files: [...names.map((name) => `${name}.wav`), "spectrogram.png", "explanation.json"],
    out: options.out,
  };
  const secondsOf = (frame: number) =>
    rounded(((frame + 1) * pack.stft.hop - pack.stft.window) / pack.sampleRate);
  const details = {
    ...result,
    windowSeconds: rounded((pack.windowFrames * pack.stft.hop) / pack.sampleRate),
    labels: pack.labels,
    perWindow: windows.map(({ firstFrame, probabilities, silent }) => ({
      start: secondsOf(firstFrame),
      silent,
      probabilities: silent ? null : Array.from(probabilities, rounded),
    })),
  };
  await writeFile(join(options.out, "explanation.json"), `${JSON.stringify(details, null, 1)}\n`);
  return result;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`--out ${folder} can't be made a folder (${code}); name another one`, { cause });
  }
}

/** The sound files under way, written under another name until they are whole. */
class OutputSounds {
  private constructor(
    private readonly folder: string,
    private readonly writers: ReadonlyMap<string, WavFileWriter>,
  ) {}

  static async create(folder: string, names: readonly string[], sampleRate: number): Promise<OutputSounds> {
    const writers = new Map<string, WavFileWriter>();
    const sounds = new OutputSounds(folder, writers);
    try {
      for (const name of names) {
        writers.set(name, await WavFileWriter.create(join(folder, `${name}.wav.part`), sampleRate));
      }
    } catch (error) {
      await sounds.abandon();
      throw error;
    }
    return sounds;
  }

  async write(name: string, samples: Float32Array): Promise<void> {
    await this.writers.get(name)?.write(samples);
  }

  async finish(): Promise<void> {
    for (const [name, writer] of this.writers) {
      await writer.close();
      await rename(writer.path, join(this.folder, `${name}.wav`));
    }
  }

  async abandon(): Promise<void> {
    for (const writer of this.writers.values()) {
      await writer.abandon();
      await rm(writer.path, { force: true });
    }
  }
}

function showPosition(progress: Progress, samplesIn: number, { sampleRate }: Recording): void {
  progress.update(samplesIn, `· ${(samplesIn / sampleRate).toFixed(0)} s`);
}

function ranked(pack: Pack, { label, probabilities }: ClipDecision) {
  if (label === null) return [];
  return pack.labels
    .map((name, index) => ({ label: name, index, probability: probabilities[index] }))
    .sort((a, b) => b.probability - a.probability);
}

function title({ label, probability, accepted }: ClipDecision): string {
  if (label === null || probability === null) return "Silence";
  return `${plainName(label)} · ${percent(probability)}${accepted ? "" : " (not sure)"}`;
}

function summary(result: Awaited<ReturnType<typeof explainRecording>>): string {
  const { decision, out, files } = result;
  const heard =
    decision.label === null || decision.probability === null
      ? "silence, nothing to decide"
      : `${plainName(decision.label)}, ${percent(decision.probability)}${decision.accepted ? "" : ` (not accepted: "other" or below ${percent(decision.threshold)})`}`;
  return [
    ...result.notes.map((note) => `note: ${note}`),
    `heard: ${heard}`,
    `mask mean ${result.maskMean}, explanation holds ${percent(result.energy.explanation)} of the energy`,
    `${result.seconds} s in ${result.windows} windows, method ${result.method} of ${result.pack.name}, ${result.runtime}`,
    `written to ${out}: ${files.join(", ")}`,
  ].join("\n");
}

function plainName(label: string): string {
  return label.replaceAll("_", " ");
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Five decimals are more than any of these figures mean. */
function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
