/** Trains what a method with weights of its own needs, by the recipe in the method's file. */
import type { SoundSet } from "../data/sound-sets.ts";
import type { Follow } from "../progress.ts";
import { type Course, type TrainingRecipe, withDefaults } from "./recipe.ts";
import { type CourseOptions, runCourse } from "./run-course.ts";
import { loadTrainedClassifier } from "./trained-classifier.ts";
import { loadTrainingSounds, soundsOrigin, type TrainingSoundsOptions } from "./training-sounds.ts";
import { type Origin, saveWeights, weightsIn } from "./weights-file.ts";

/** What every training is told; the course is the recipe's where it is not given. */
export interface RunOptions extends TrainingSoundsOptions, Partial<CourseOptions> {
  /** Run folder: `weights.bin`, `checkpoint.bin` to go on from, `log.jsonl` and `curve.png`. */
  readonly out: string;
}

export interface TrainedRun {
  readonly out: string;
  readonly stepsDone: number;
  /** Sounds that it heard; absent where it stopped because `stopAfter` said so, and nothing but a checkpoint was saved. */
  readonly sounds?: number;
}

export type MethodTraining<Options> = RunOptions &
  Partial<Options> & {
    /** Run folder of the classifier. */
    readonly classifier: string;
  };

/**
 * Trains, or goes on from the checkpoint in `out`.
 *
 * @throws UsageError for options that do not go together; InterruptedError when the signal aborts.
 */
export async function trainMethod<Options extends object>(
  recipe: TrainingRecipe<Options>,
  given: MethodTraining<Options>,
  follow: Follow = {},
): Promise<TrainedRun> {
  recipe.check?.(given);
  const course = courseOf(recipe.course, given);
  const trained = await loadTrainedClassifier(given.classifier);
  const { weights, classifier } = trained;
  const { meta } = weights;
  let set: SoundSet | undefined;
  const sounds = async () => {
    set ??= await loadTrainingSounds(given, follow);
    return set;
  };
  const runSettings = (own: Readonly<Record<string, unknown>>) => ({
    ...soundSettings(given),
    ...own,
    classifier: meta.settings,
  });
  const prepared = await recipe.prepare(withDefaults<Options>(recipe.options, given), {
    weights,
    classifier,
    folder: given.classifier,
    out: given.out,
    seed: course.seed,
    threads: course.threads,
    pools: async () => trained.pools(await sounds()),
    runSettings,
    follow,
  });
  const settings = runSettings(prepared.settings);
  const run = { ...course, title: recipe.name, directory: given.out, settings };
  const { values, stepsDone } = await runCourse(prepared.task, run, follow);
  if (!values) return { out: given.out, stepsDone };
  const heard = await sounds();
  const origin = soundsOrigin(heard, given.credit);
  await saveWeights(
    weightsIn(given.out),
    {
      ...prepared.meta,
      ...origin,
      heard: heardWith(prepared.from, origin),
      settings: { ...settings, ...courseSettings(course) },
    },
    prepared.finished?.(values) ?? values,
  );
  return { out: given.out, stepsDone, sounds: heard.sounds.length };
}

/** What was heard before counts too; nothing is known where that isn't. */
function heardWith(before: Origin | undefined, { heard }: Pick<Origin, "heard">): Origin["heard"] {
  if (!before) return heard;
  return before.heard && heard && [...new Set([...before.heard, ...heard])];
}

/** The course that was asked for, the recipe's where nothing was. */
export function courseOf(usual: Course, given: RunOptions): CourseOptions {
  const { steps, batch, rate, decay } = usual;
  return {
    steps: given.steps ?? steps,
    batch: given.batch ?? batch,
    rate: given.rate ?? rate,
    decay: given.decay ?? decay,
    seed: given.seed ?? 1,
    threads: given.threads ?? 1,
    stopAfter: given.stopAfter,
  };
}

/** The settings of the sounds that tell one run from another. */
export function soundSettings({ folds, without = [], spare }: RunOptions) {
  // Runs of before know nothing of what is spared, and go on.
  return { folds, without, ...(spare && { spare }) };
}

/** What the weights' file keeps of a course. */
export function courseSettings({ steps, batch, rate, decay, seed }: CourseOptions) {
  return { steps, batch, rate, decay, seed };
}
