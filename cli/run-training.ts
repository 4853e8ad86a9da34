/** A training on the command line: its options, progress, Ctrl+C, and the picture of its losses. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { curvePicture } from "../lab/training/curve-picture.ts";
import { type TrainedWeights, type TrainingTask, train } from "../lab/training/trainer.ts";
import { InterruptedError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { positiveInteger, positiveNumber } from "./options.ts";
import { showProgress } from "./progress.ts";

/** Options that every command that trains has. */
export interface CourseOptions {
  steps: number;
  batch: number;
  rate: number;
  seed: number;
  threads: number;
  stopAfter?: number;
}

export function addCourseOptions(
  command: Command,
  defaults: Pick<CourseOptions, "steps" | "batch" | "rate">,
): Command {
  return command
    .option("--steps <n>", "steps of training", positiveInteger, defaults.steps)
    .option("--batch <n>", "windows in a step", positiveInteger, defaults.batch)
    .option("--rate <rate>", "highest learning rate", positiveNumber, defaults.rate)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--threads <n>", "threads of the computation", positiveInteger, 1)
    .option("--stop-after <n>", "stop after this many steps; the same command goes on", positiveInteger);
}

export interface TrainingRun extends CourseOptions {
  /** Weight decay. */
  readonly decay: number;
  /** For checkpoint, log and `curve.png`. */
  readonly directory: string;
  /** Settings of the run; a checkpoint made with others is not resumed. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Fewer `stepsDone` than steps when the run stopped because `--stop-after` said so.
 *
 * @throws InterruptedError after Ctrl+C, with a checkpoint saved.
 */
export async function runTraining(
  title: string,
  task: TrainingTask,
  { steps, batch, rate, decay, seed, threads, stopAfter, directory, settings }: TrainingRun,
): Promise<TrainedWeights> {
  const progress = showProgress(title, steps);
  const trained = await interruptible(async (signal) => {
    const result = await train(task, {
      directory,
      seed,
      threads,
      stopAfter,
      signal,
      settings,
      optimiser: { steps, batch, learningRate: rate, weightDecay: decay },
      onStep: ({ step, values }) =>
        progress.update(
          step,
          Object.entries(values)
            .map(([name, value]) => `· ${name} ${value}`)
            .join(" "),
        ),
    });
    if (signal.aborted && result.stepsDone < steps) {
      throw new InterruptedError(
        `stopped after step ${result.stepsDone} of ${steps}, saved in ${directory}; the same command goes on from there`,
      );
    }
    return result;
  }).finally(() => progress.end());
  const log = join(directory, "log.jsonl");
  if (existsSync(log)) await writeFile(join(directory, "curve.png"), await curvePicture(log, title));
  return trained;
}
