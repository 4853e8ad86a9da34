/** A thread of an evaluation: reads sounds and runs the pack's models, one task at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { PackError } from "../../../models/pack/pack.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { checkSound, readSound } from "../../data/check-sound.ts";
import { seededBy } from "../../data/random.ts";
import { meanRow } from "../metrics/classifier-report.ts";
import { windowShape, windowStarts, windowsAt } from "../plan/window-shape.ts";
import { drawPortrait } from "../report/portrait.ts";
import { askClassifier } from "./explain-windows.ts";
import type { FromLane, LaneResult, LaneSettings, LaneTask, RowId, ToLane } from "./lane-messages.ts";
import { LaneModels } from "./lane-models.ts";
import {
  measureFeatures,
  measureMethod,
  measureOracle,
  type Oracle,
  type PreparedSound,
  prepareSounds,
  type SoundPools,
} from "./measure-sound.ts";
import { randomisationCheck } from "./randomisation.ts";

const port = parentPort!;
const settings = workerData as LaneSettings;
let pools: SoundPools = { clips: [], sentences: [] };

function send(message: FromLane): void {
  port.postMessage(message);
}

async function open(): Promise<LaneModels> {
  const notices: string[] = [];
  const runtime = await nodeRuntime({ build: settings.build, log: (line) => notices.push(line) });
  const models = new LaneModels(runtime, await openPackFolder(settings.packFolder));
  await models.classifier();
  send({ type: "ready", description: runtime.description, notices });
  return models;
}

async function perform(models: LaneModels, task: LaneTask): Promise<LaneResult> {
  const { seed, stride } = settings;
  switch (task.type) {
    case "check":
      return { type: "check", check: await checkSound(task.path, models.pack.sampleRate) };
    case "answers": {
      const shape = windowShape(models.pack);
      const samples = await readSound(task.file.path, shape.sampleRate);
      const windows = windowsAt(samples, windowStarts(samples, shape, stride), shape);
      const answers = await askClassifier(await models.classifier(), windows);
      return { type: "answers", windows: answers.map((row) => Array.from(row)) };
    }
    case "measure":
      await measure(models, task);
      return { type: "measure" };
    case "portrait": {
      const sounds = await prepareSounds(
        await models.classifier(),
        task.file,
        task.setting,
        pools,
        seed,
        stride,
      );
      const methods = await Promise.all(task.methods.map((name) => models.method(name)));
      return { type: "portrait", portrait: await drawPortrait(sounds[0], methods, models.pack) };
    }
    case "randomise":
      return {
        type: "randomise",
        layers: await randomisationCheck(models, task.method, task.files, seed),
      };
    default:
      return task satisfies never;
  }
}

async function measure(models: LaneModels, task: LaneTask & { type: "measure" }): Promise<void> {
  const { seed, stride } = settings;
  const classifier = await models.classifier();
  const sounds = await prepareSounds(classifier, task.file, task.setting, pools, seed, stride);
  for (const row of task.rows) {
    try {
      if (row.startsWith("classifier:")) {
        send({ type: "part", part: { row, answers: answersTo(sounds) } });
      } else {
        send({ type: "part", part: { row, rows: await measureRow(models, row, sounds, task) } });
      }
    } catch (error) {
      send({ type: "part", part: { row, failure: messageOf(error) } });
    }
  }
}

async function measureRow(
  models: LaneModels,
  row: RowId,
  sounds: readonly PreparedSound[],
  task: LaneTask & { type: "measure" },
) {
  const classifier = await models.classifier();
  const [kind, name] = row.split(":");
  if (kind === "oracle") return measureOracle(name as Oracle, classifier, sounds);
  if (kind === "features") {
    return measureFeatures(await models.featureMethod(name), await models.featureJudge(), sounds);
  }
  const random = seededBy(settings.seed, task.setting, task.file.name, row);
  return measureMethod(await models.method(name), classifier, sounds, random);
}

function answersTo(sounds: readonly PreparedSound[]) {
  return {
    answers: sounds.filter(({ whole }) => whole.length > 0).map(({ whole }) => Array.from(meanRow(whole))),
    windows: sounds.reduce((sum, { windows }) => sum + windows.length, 0),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  const models = await open();
  port.on("message", (message: ToLane) => {
    if (message.type === "stop") process.exit();
    if (message.type === "pools") {
      pools = message.pools;
      return;
    }
    perform(models, message.task).then(
      (result) => send({ type: "done", result }),
      (error) => send({ type: "failed", message: messageOf(error) }),
    );
  });
} catch (error) {
  send({
    type: "unusable",
    message: messageOf(error),
    code: error instanceof PackError ? error.code : undefined,
  });
}
