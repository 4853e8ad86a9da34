/** What explains a file: a method of a pack, or one without gradients on a pack's classifier or on one in a file. */
import { PackError, packMethod } from "../../models/pack/pack.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { UsageError } from "../errors.ts";
import { findPerturbation, PERTURBATIONS, withoutGradients } from "../methods/perturbation/index.ts";
import { perturb } from "../methods/perturbation/perturb.ts";
import { type PerturbationMethod, perturbationSettings } from "../methods/perturbation/perturbation.ts";
import { RISE } from "../methods/perturbation/rise.ts";
import type { Follow } from "../progress.ts";
import type { ExplainFileOptions } from "./explain-file.ts";
import { openClassifier } from "./open-classifier.ts";

export interface OpenedMethod {
  readonly loaded: LoadedMethod;
  /** Frames from one window to the next where nobody says; as `explainSound` has it without. */
  readonly stride?: number | undefined;
  close(): Promise<void>;
}

/** @throws UsageError for a method, or settings of one, that there are not. */
export async function openMethod(options: ExplainFileOptions, follow: Follow = {}): Promise<OpenedMethod> {
  const { onNotice = () => {} } = follow;
  if (options.classifier) return onFile(options, follow);
  const { method: name, build = "auto" } = options;
  const opened = await openPack(options.pack, { build, log: onNotice });
  try {
    const perturbation = withoutGradients(opened.pack, name);
    if (perturbation) {
      return { ...perturbed(await opened.classifier(), perturbation, options, follow), close: opened.close };
    }
    checkUnset(options);
    try {
      packMethod(opened.pack, name);
    } catch (error) {
      throw error instanceof PackError ? new UsageError(`--method: ${error.message}; ${ANYWHERE}`) : error;
    }
    return { loaded: await opened.method(name), close: opened.close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const NAMES = PERTURBATIONS.map(({ name }) => name).join(", ");
const ANYWHERE = `without gradients there are, for any classifier: ${NAMES}`;

async function onFile(options: ExplainFileOptions, follow: Follow): Promise<OpenedMethod> {
  const { classifier: file, method: name = RISE.name } = options;
  const method = findPerturbation(name);
  if (!method) {
    throw new UsageError(
      `--method ${name}: a classifier in a file is explained by ${NAMES}; for gradients and decoders make a pack of it ` +
        "(listenable pack)",
    );
  }
  const classifier = await openClassifier(file!, { build: options.build, ...follow });
  try {
    return { ...perturbed(classifier, method, options, follow), close: () => classifier.close() };
  } catch (error) {
    await classifier.close();
    throw error;
  }
}

function perturbed(
  classifier: LoadedMethod,
  method: PerturbationMethod,
  { budget, seed }: ExplainFileOptions,
  { signal }: Follow,
): Pick<OpenedMethod, "loaded" | "stride"> {
  const loaded = perturb(classifier, method, { settings: settingsOf(budget, seed), signal });
  // Every window takes hundreds of calls: each frame is in two, which is what evens out the seams.
  return { loaded, stride: Math.ceil(loaded.pack.windowFrames / 2) };
}

function settingsOf(budget: number | undefined, seed: number | undefined) {
  try {
    return perturbationSettings({ budget, seed });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--${error.message}`) : error;
  }
}

function checkUnset({ method, budget, seed }: ExplainFileOptions): void {
  const given = budget !== undefined ? "budget" : seed !== undefined ? "seed" : undefined;
  if (given === undefined) return;
  throw new UsageError(
    `--${given} is of methods without gradients, not of ${method ?? "the pack's first method"}; ${ANYWHERE}`,
  );
}
