/**
 * Evaluates a pack on a folder of sounds: what its classifier knows, and how faithful, selective and honest its
 * explanations are. Everything that is measured goes to the result store first, so that a run can stop at any moment
 * and go on later; the tables are made of what the store holds.
 */
import { strongestClass } from "../../models/explain/class-decision.ts";
import { ESC10_CLASSES } from "../data/esc50.ts";
import type { ClipResult, Evaluation, EvaluationOptions, SettingTable, TableRow } from "./evaluation.ts";
import { MASK_CONTROLS } from "./measure/explain-windows.ts";
import { type HeardAnswers, type PackedAnswers, unpackedAnswers } from "./measure/heard-sound.ts";
import type { MethodRows, SoundFile } from "./measure/measure-sound.ts";
import type { MeasuringTask, RowId, SettingAnswers } from "./measure/measuring-contract.ts";
import type { LayerCheck } from "./measure/randomisation.ts";
import { keyOf, type ResultStore } from "./measure/result-store.ts";
import { type ClassifierReport, classifierReport } from "./metrics/classifier-report.ts";
import { meanOfRows } from "./metrics/metric-row.ts";
import { folderGroups, type Recognition, recognition } from "./metrics/recognition.ts";
import { type CheckedSound, type ChosenSounds, chooseSounds } from "./plan/choose-sounds.ts";
import type { Setting } from "./plan/contamination.ts";
import { type PlannedRow, plannedRows, ResultKeys } from "./plan/table-plan.ts";
import { Steps } from "./steps.ts";

export async function evaluationFigures(options: EvaluationOptions): Promise<Evaluation> {
  const { settings, store, data } = options;
  const progress = new Steps(options.onProgress);
  const sounds = await chooseSounds(options, progress);
  const rows = await plannedRows(options);
  const keys = new ResultKeys(options, sounds, rows);
  const work = missingWork(options, sounds, rows, keys);
  const failures = await perform(work, options, sounds, progress);

  const results = new Results(store, keys, rows);
  const recognised = sounds.labelled ? recognitionOf(options, sounds, results) : undefined;
  return {
    layout: data.layout,
    clips: sounds.explained.length,
    sentences: sounds.sentences.length,
    heard: sounds.heard,
    classifier: sounds.labelled ? reportOf(options, sounds, results) : undefined,
    recognition: recognised,
    tables: settings.map((setting) => settingTable(setting, options, sounds, results)),
    randomisation: options.randomisation
      ? Object.fromEntries(randomised(rows).map((row) => [row.name, results.randomisation(row)]))
      : undefined,
    skipped: sounds.skipped,
    failures,
    notes: sounds.notes,
    perClip: settings.flatMap((setting) =>
      sounds.explained.map((sound) => clipResult(setting, sound, results)),
    ),
    pools: sounds.pools,
    key: keyOf(keys.all(settings), failures.length, recognised, sounds.heard),
  };
}

/** A task, and the keys under which what comes of it is stored. */
interface Work {
  readonly task: MeasuringTask;
  /** Results that come of it. */
  readonly steps: number;
  keyOf(row?: RowId): string;
}

/** Everything that is to be measured and was not. */
function missingWork(
  { settings, store, randomisation }: EvaluationOptions,
  { explained, judged, pairs }: ChosenSounds,
  rows: readonly PlannedRow[],
  keys: ResultKeys,
): Work[] {
  const answers = judged
    .filter((sound) => !store.has(keys.answers(sound)))
    .map(
      (sound): Work => ({
        task: { type: "answers", file: fileOf(sound) },
        steps: 1,
        keyOf: () => keys.answers(sound),
      }),
    );
  const mixed = pairs
    .filter((pair) => !store.has(keys.pair(pair)))
    .map((pair): Work => {
      const [louder, fainter] = pair.map(fileOf);
      return { task: { type: "answers", file: louder, fainter }, steps: 1, keyOf: () => keys.pair(pair) };
    });
  const measurements = settings.flatMap((setting) =>
    explained.flatMap((sound): Work[] => {
      const missing = rows.filter((row) => !store.has(keys.row(row, setting, sound)));
      if (missing.length === 0) return [];
      return [
        {
          task: { type: "measure", file: fileOf(sound), setting, rows: missing.map(({ id }) => id) },
          steps: missing.length,
          keyOf: (id) => keys.row(missing.find((row) => row.id === id)!, setting, sound),
        },
      ];
    }),
  );
  const checks = (randomisation ? randomised(rows) : [])
    .filter((row) => !store.has(keys.randomisation(row)))
    .map(
      (row): Work => ({
        task: { type: "randomise", method: row.name, files: keys.randomisationSounds().map(fileOf) },
        steps: 1,
        keyOf: () => keys.randomisation(row),
      }),
    );
  return [...answers, ...mixed, ...measurements, ...checks];
}

/** Does the work and stores what comes of it; returns what failed, with the reasons. */
async function perform(
  work: readonly Work[],
  { threads, store, signal }: EvaluationOptions,
  { pools }: ChosenSounds,
  progress: Steps,
): Promise<string[]> {
  if (work.length === 0) return [];
  const failures: string[] = [];
  const byTask = new Map(work.map((each) => [each.task, each]));
  progress.add(work.reduce((sum, { steps }) => sum + steps, 0));
  const started = await threads.get();
  started.setPools(pools);
  await started.run([...byTask.keys()], {
    signal,
    onPart: (task, part) => {
      if ("failure" in part) failures.push(`${whatOf(task)}, ${part.row}: ${part.failure}`);
      else store.add(byTask.get(task)!.keyOf(part.row), "rows" in part ? part.rows : part.answers);
      progress.step(whatOf(task));
    },
    onDone: (task, result) => {
      const { keyOf } = byTask.get(task)!;
      if (result instanceof Error) failures.push(`${whatOf(task)}: ${result.message}`);
      else if (result.type === "answers") store.add(keyOf(), result.heard);
      else if (result.type === "randomise") store.add(keyOf(), result.layers);
      if (task.type !== "measure") progress.step(whatOf(task));
    },
  });
  return failures;
}

function randomised(rows: readonly PlannedRow[]): PlannedRow[] {
  return rows.filter(({ block, calling }) => block === "listenable" && !calling);
}

function fileOf({ name, path, label }: SoundFile): SoundFile {
  return { name, path, label };
}

function whatOf(task: MeasuringTask): string {
  switch (task.type) {
    case "check":
      return task.path;
    case "answers":
      return `classifier, ${task.file.name}${task.fainter ? ` and ${task.fainter.name}` : ""}`;
    case "measure":
    case "portrait":
      return `${task.setting}, ${task.file.name}`;
    case "randomise":
      return `randomisation, ${task.method}`;
    default:
      return task satisfies never;
  }
}

/** What the store holds, in the words of the tables; absent where it failed. */
class Results {
  constructor(
    private readonly store: ResultStore,
    private readonly keys: ResultKeys,
    readonly rows: readonly PlannedRow[],
  ) {}

  row(row: PlannedRow, setting: Setting, sound: CheckedSound): MethodRows | undefined {
    return this.store.get(this.keys.row(row, setting, sound));
  }

  /** The classifier's answers to the contaminated sounds. */
  settingAnswers(setting: Setting, sound: CheckedSound): SettingAnswers | undefined {
    return this.store.get(this.keys.row(this.rows[0], setting, sound));
  }

  /** Its answers to the sound as it is. */
  answers(sound: CheckedSound): HeardAnswers | undefined {
    return this.#heard(this.keys.answers(sound));
  }

  /** Its answers to two sounds at once. */
  pairAnswers(pair: readonly [CheckedSound, CheckedSound]): HeardAnswers | undefined {
    return this.#heard(this.keys.pair(pair));
  }

  #heard(key: string): HeardAnswers | undefined {
    const packed = this.store.get<PackedAnswers>(key);
    return packed && unpackedAnswers(packed);
  }

  randomisation(row: PlannedRow): readonly LayerCheck[] {
    return this.store.get(this.keys.randomisation(row)) ?? [];
  }
}

function settingTable(
  setting: Setting,
  { opened }: EvaluationOptions,
  { labelled, explained }: ChosenSounds,
  results: Results,
): SettingTable {
  const { pack } = opened;
  const answers = explained.flatMap((sound) => {
    const found = results.settingAnswers(setting, sound);
    return found ? [{ sound, ...found }] : [];
  });
  const right = answers.flatMap(({ sound, answers: of }) =>
    of.map((answer) => pack.labels[strongestClass(pack, answer)] === sound.label),
  );
  const rows = results.rows.flatMap((row): TableRow[] => {
    const { block, name, title } = row;
    if (block === "classifier") return [];
    const clips = explained.flatMap((sound) => results.row(row, setting, sound) ?? []);
    return MASK_CONTROLS.flatMap((control): TableRow[] => {
      const values = clips.flatMap((clip) => clip[control] ?? []);
      if (values.length === 0) return [];
      return [{ block, method: name, title, control, clips: values.length, mean: meanOfRows(values) }];
    });
  });
  return {
    setting,
    accuracy: labelled ? { right: right.filter(Boolean).length, of: right.length } : undefined,
    clips: explained.length,
    sounds: right.length,
    windows: answers.reduce((sum, { windows }) => sum + windows, 0),
    rows,
  };
}

function clipResult(setting: Setting, sound: CheckedSound, results: Results): ClipResult {
  const { name, path, label } = sound;
  const heard = results.rows.filter(({ block }) => block === "listenable" || block === "baseline");
  const rows = heard.flatMap((row) => {
    const own = results.row(row, setting, sound)?.own;
    return own ? [[row.name, own] as const] : [];
  });
  return { setting, clip: name, path, label, rows: Object.fromEntries(rows) };
}

function recognitionOf(
  { opened, data }: EvaluationOptions,
  { explained, folders, unknown, pairs, known }: ChosenSounds,
  results: Results,
): Recognition {
  const { labels } = opened.pack;
  const heard = (sounds: readonly CheckedSound[]) =>
    sounds.flatMap((sound) => {
      const answers = results.answers(sound);
      return answers ? [{ label: sound.label!, ...answers }] : [];
    });
  const esc10 = ESC10_CLASSES.filter((label) => known.includes(label));
  const isPart = data.layout === "ESC-50" && esc10.length > 0 && esc10.length < known.length;
  return recognition({
    classes: opened.pack,
    known: [
      ...heard(explained),
      ...folders.flatMap(({ name: source, sounds }) => heard(sounds).map((sound) => ({ ...sound, source }))),
    ],
    unknown: unknown.flatMap(({ name: source, sounds }) =>
      heard(sounds).map((sound) => ({ ...sound, source })),
    ),
    pairs: pairs.flatMap((pair) => {
      const answers = results.pairAnswers(pair);
      return answers ? [{ louder: pair[0].label!, fainter: pair[1].label!, ...answers }] : [];
    }),
    groups: {
      "known classes": known,
      ...(isPart ? { "ESC-10": esc10 } : {}),
      ...folderGroups(labels),
    },
  });
}

function reportOf(
  { opened, data }: EvaluationOptions,
  { judged, known }: ChosenSounds,
  results: Results,
): ClassifierReport {
  const { labels } = opened.pack;
  const esc10 = data.layout === "ESC-50" && known.join() === ESC10_CLASSES.join();
  const groups: Record<string, readonly string[]> = {
    [esc10 ? "ESC-10" : "known classes"]: known,
    ...folderGroups(labels),
  };
  const answers = judged.flatMap((sound) => {
    const heard = results.answers(sound);
    return heard ? [{ name: sound.name, label: sound.label!, ...heard }] : [];
  });
  return classifierReport(answers, opened.pack, groups);
}
