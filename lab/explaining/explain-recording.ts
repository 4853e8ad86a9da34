/** Explains a recording of any length into a folder: sounds, picture and figures, with bounded memory. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { rankedClasses } from "../../models/explain/class-decision.ts";
import type { ClipDecision } from "../../models/explain/clip-decision.ts";
import { type ExplainStreamOptions, explainStream } from "../../models/explain/explain-sound.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { ExplanationPicture } from "../../models/picture/explanation-picture.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import type { Recording } from "../../models/sound/open-recording-node.ts";
import type { Follow } from "../progress.ts";
import {
  decisionTitle,
  type ExplanationFacts,
  explanationDetails,
  explanationFacts,
} from "./explanation-facts.ts";
import { ExplanationFigures } from "./explanation-figures.ts";
import { OutputSounds } from "./output-sounds.ts";
import { betterMethod, maskProblem } from "./poor-mask.ts";

interface RecordingJob extends Pick<ExplainStreamOptions, "stride"> {
  readonly file: string;
  readonly recording: Recording;
  readonly loaded: LoadedMethod;
  /** Label of the class to explain; each window's winner without. */
  readonly target: string | undefined;
  /** Folder for the results; made if it is not there. */
  readonly out: string;
  /** Also writes original.wav. */
  readonly original: boolean;
}

/** A failure, or the signal, leaves no half-written sounds behind. */
export async function explainRecording(job: RecordingJob, follow: Follow = {}): Promise<ExplanationFacts> {
  const { file, recording, loaded, out } = job;
  const { pack, method } = loaded;
  const names = job.original ? PARTS : PARTS.slice(0, 2);
  const figures = new ExplanationFigures(pack);
  const picture = new ExplanationPicture(pack);
  await makeFolder(out);
  await writeSounds(job, names, figures, picture, follow);

  const decision = figures.decision();
  const drawn = picture.draw({
    title: decisionTitle(decision),
    subtitle: `${basename(file)} · ${method.title} · ${pack.title} ${pack.version}`,
    duration: figures.samples / recording.sampleRate,
    classes: ranked(pack, decision),
  });
  await writeFile(join(out, "spectrogram.png"), drawn);
  const files = [...names.map((name) => `${name}.wav`), "spectrogram.png", "explanation.json"];
  const facts = explanationFacts({ ...job, files }, figures);
  const poor = poorMask(job, figures);
  if (poor !== undefined) follow.onNotice?.(poor);
  const details = explanationDetails(facts, pack, figures);
  await writeFile(join(out, "explanation.json"), `${JSON.stringify(details, null, 1)}\n`);
  return facts;
}

/** What is said of a mask that explains nothing. Of a class that is not believed nothing is left by right. */
function poorMask({ loaded, target }: RecordingJob, figures: ExplanationFigures): string | undefined {
  const { pack, method } = loaded;
  const { label, accepted } = figures.decision();
  if (label === null || !(accepted || target !== undefined)) return undefined;
  const masks = { energy: figures.share("explanation"), unevenness: figures.unevenness() };
  const problem = maskProblem(method.name, masks);
  if (problem === undefined) return undefined;
  const better = betterMethod(
    method.name,
    pack.methods.map(({ name }) => name),
  );
  return `${problem}; --method ${better} may say more`;
}

const PARTS = ["explanation", "rest", "original"] as const;

async function writeSounds(
  { file, recording, loaded, out, ...question }: RecordingJob,
  names: readonly (typeof PARTS)[number][],
  figures: ExplanationFigures,
  picture: ExplanationPicture,
  { onProgress = () => {}, signal }: Follow,
): Promise<void> {
  const { sampleRate } = recording;
  const told = { stage: basename(file), total: recording.length };
  const sounds = await OutputSounds.create(out, names, sampleRate);
  try {
    for await (const block of explainStream(loaded, recording.blocks, {
      ...question,
      rate: sampleRate,
      signal,
    })) {
      for (const name of names) await sounds.write(name, block[name]);
      figures.add(block);
      picture.add(block);
      const detail = `· ${(figures.samples / sampleRate).toFixed(0)} s`;
      onProgress({ ...told, done: figures.samples, detail });
    }
    await sounds.finish();
  } catch (error) {
    await sounds.abandon();
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`--out ${folder} can't be made a folder (${code}); name another one`, { cause });
  }
}

/** Classes by how far they are above their thresholds; none for silence. */
function ranked(pack: Pack, { label, probabilities }: ClipDecision): number[] {
  return label === null ? [] : rankedClasses(pack, probabilities).map(({ index }) => index);
}
