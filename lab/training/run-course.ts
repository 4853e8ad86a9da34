/** The course of any training: from a task to its weights, with checkpoints, a log and a picture of the losses. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InterruptedError } from "../errors.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import { weightValues } from "../networks/training-layers.ts";
import type { Follow } from "../progress.ts";
import { curvePicture } from "./curve-picture.ts";
import type { Course } from "./recipe.ts";
import { type TrainingTask, train } from "./trainer.ts";

export interface CourseOptions extends Course {
  readonly seed: number;
  /** Threads of the computation. */
  readonly threads: number;
  /** Stop after this many steps; the same call goes on. */
  readonly stopAfter?: number | undefined;
}

interface CourseRun extends CourseOptions {
  /** Names the stage of the progress, and the picture of the losses. */
  readonly title: string;
  /** For checkpoint, log and `curve.png`. */
  readonly directory: string;
  /** Settings of the run; a checkpoint made with others is not resumed. */
  readonly settings: Readonly<Record<string, unknown>>;
}

interface CourseResult {
  readonly stepsDone: number;
  /** There when all steps are done, and not where the run stopped because `stopAfter` said so. */
  readonly values?: WeightValues | undefined;
}

/** @throws InterruptedError when the signal aborts before the end, with a checkpoint saved. */
export async function runCourse(
  task: TrainingTask,
  { title, steps, batch, rate, decay, seed, threads, stopAfter, directory, settings }: CourseRun,
  { signal, onProgress = () => {} }: Follow = {},
): Promise<CourseResult> {
  onProgress({ stage: title, done: 0, total: steps });
  const { stepsDone, parameters, statistics } = await train(task, {
    directory,
    seed,
    threads,
    stopAfter,
    signal,
    settings,
    optimiser: { steps, batch, learningRate: rate, weightDecay: decay },
    onStep: ({ step, values }) => {
      const logged = Object.entries(values).map(([name, value]) => `· ${name} ${value}`);
      onProgress({ stage: title, done: step, total: steps, detail: logged.join(" ") });
    },
  });
  if (signal?.aborted && stepsDone < steps) {
    throw new InterruptedError(
      `stopped after step ${stepsDone} of ${steps}, saved in ${directory}; the same command goes on from there`,
    );
  }
  const log = join(directory, "log.jsonl");
  if (existsSync(log)) await writeFile(join(directory, "curve.png"), await curvePicture(log, title));
  return {
    stepsDone,
    values: stepsDone < steps ? undefined : weightValues(task.plan, parameters, statistics),
  };
}
