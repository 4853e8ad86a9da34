/** A thread of an evaluation: reads sounds and runs the pack's models, one task at a time. */
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { serveCalls } from "../../../models/runtime/serve-calls-node.ts";
import { checkSound, readSound } from "../../data/check-sound.ts";
import { seededBy } from "../../data/random.ts";
import { meanRow } from "../metrics/classifier-report.ts";
import { mixTwo } from "../plan/two-sounds.ts";
import { windowShape } from "../plan/window-shape.ts";
import { drawPortrait } from "../report/portrait.ts";
import { hearSound, packedAnswers } from "./heard-sound.ts";
import {
  measureFeatures,
  measureMethod,
  measureOracle,
  type Oracle,
  type PreparedSound,
  prepareSounds,
  type SoundFile,
  type SoundPools,
} from "./measure-sound.ts";
import type {
  MeasuringContract,
  MeasuringSettings,
  MeasuringTask,
  RowId,
  TaskPart,
  TaskResult,
} from "./measuring-contract.ts";
import { PackModels } from "./pack-models.ts";
import { randomisationCheck } from "./randomisation.ts";

type Tell = (part: TaskPart) => void;

class Measuring {
  constructor(
    private readonly models: PackModels,
    private readonly settings: MeasuringSettings,
    /** Sounds that are mixed into others. */
    public pools: SoundPools,
  ) {}

  async perform(task: MeasuringTask, tell: Tell): Promise<TaskResult> {
    const { models } = this;
    const { channel } = this.settings;
    switch (task.type) {
      case "check":
        return { type: "check", check: await checkSound(task.path, models.pack.sampleRate, channel) };
      case "answers": {
        const shape = windowShape(models.pack);
        const read = ({ path }: SoundFile) => readSound(path, shape.sampleRate, { channel });
        const alone = await read(task.file);
        const samples = task.fainter ? mixTwo(alone, await read(task.fainter), shape.sampleRate) : alone;
        const heard = await hearSound(await models.classifier(), samples, this.settings.stride);
        return { type: "answers", heard: packedAnswers(heard) };
      }
      case "measure":
        await this.#measure(task, tell);
        return { type: "measure" };
      case "portrait": {
        const sounds = await this.#prepared(task);
        const methods = await Promise.all(task.methods.map((name) => models.method(name)));
        const portrait = await drawPortrait(sounds[0], methods, await models.classifier());
        return { type: "portrait", portrait };
      }
      case "randomise":
        return {
          type: "randomise",
          layers: await randomisationCheck(models, task.method, task.files, this.settings),
        };
      default:
        return task satisfies never;
    }
  }

  async #prepared({ file, setting }: MeasuringTask & { type: "measure" | "portrait" }) {
    const { seed, stride, channel } = this.settings;
    const classifier = await this.models.classifier();
    return prepareSounds(classifier, file, setting, this.pools, seed, stride, channel);
  }

  async #measure(task: MeasuringTask & { type: "measure" }, tell: Tell): Promise<void> {
    const sounds = await this.#prepared(task);
    for (const row of task.rows) {
      try {
        if (row.startsWith("classifier:")) tell({ row, answers: answersTo(sounds) });
        else tell({ row, rows: await this.#measureRow(row, sounds, task) });
      } catch (error) {
        tell({ row, failure: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  async #measureRow(
    row: RowId,
    sounds: readonly PreparedSound[],
    { setting, file }: MeasuringTask & { type: "measure" },
  ) {
    const { models, settings } = this;
    const classifier = await models.classifier();
    const [kind, name] = row.split(":");
    if (kind === "oracle") return measureOracle(name as Oracle, classifier, sounds);
    if (kind === "features") {
      return measureFeatures(await models.featureMethod(name), await models.featureJudge(), sounds);
    }
    const random = seededBy(settings.seed, setting, file.name, row);
    return measureMethod(await models.method(name), classifier, sounds, random);
  }
}

function answersTo(sounds: readonly PreparedSound[]) {
  return {
    answers: sounds
      .filter(({ telling }) => telling.length > 0)
      .map(({ telling }) => Array.from(meanRow(telling))),
    windows: sounds.reduce((sum, { windows }) => sum + windows.length, 0),
  };
}

await serveCalls<MeasuringContract>(async (settings, onRun) => {
  const notices: string[] = [];
  const runtime = await nodeRuntime({ build: settings.build, log: (line) => notices.push(line) });
  const models = new PackModels({ ...runtime, onRun }, await openPackFolder(settings.packFolder), settings);
  await models.classifier();
  const measuring = new Measuring(models, settings, settings.pools);
  return {
    ready: { description: runtime.description, notices },
    calls: {
      mixIn: (pools) => {
        measuring.pools = pools;
        return undefined;
      },
      perform: (task, { progress }) => measuring.perform(task, progress),
    },
  };
});
