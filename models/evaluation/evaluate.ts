/**
 * Evaluates a pack on a folder of sounds: what its classifier knows, and how faithful, selective and honest its
 * explanations are. Everything that is measured goes to the result store first, so that a run can stop at any moment
 * and go on later; the tables are made of what the store holds.
 */

import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { SoundCheck } from "../data/check-sound.ts";
import { ESC10_CLASSES } from "../data/esc50.ts";
import type { FoundSound, FoundSounds } from "../data/sound-folder.ts";
import { SPEECH } from "../data/sound-sets.ts";
import { packFeatureJudge } from "../pack.ts";
import type { OpenPack } from "../runtime/open-pack.ts";
import { type ClassifierReport, classifierReport, type Share } from "./classifier-report.ts";
import type { Contamination } from "./contamination.ts";
import type { MaskControl } from "./explain-windows.ts";
import type { LanePart, LaneResult, LaneTask, RowId, SettingAnswers } from "./lane-messages.ts";
import { classifierName } from "./lane-models.ts";
import type { LazyLanes } from "./lanes.ts";
import { type MethodRows, ORACLES, type SoundFile, type SoundPools, seededBy } from "./measure-sound.ts";
import { type MetricRow, meanOfRows } from "./metric-row.ts";
import { argMax } from "./metrics.ts";
import type { LayerCheck } from "./randomisation.ts";
import { keyOf, type ResultStore } from "./result-store.ts";

/** Raised when a figure changes its meaning, so that results of before are not taken for it. */
const FIGURES_VERSION = 1;
/** Of a corpus of ten thousand sentences, as many as this are drawn to mix in. */
const MOST_SENTENCES = 200;
/** The method that masks nothing: what the others are read against. */
const ALL_ONES = "all-ones";
/** Clips that the randomisation check looks at. */
const RANDOMISATION_CLIPS = 8;

export interface EvaluationOptions {
  readonly opened: OpenPack;
  readonly data: FoundSounds;
  readonly sentences?: FoundSounds;
  readonly settings: readonly Contamination[];
  /** Methods of the pack, in the order of the table. */
  readonly methods: readonly string[];
  /** Of the categories that the pack does not know, judge only these. */
  readonly only?: readonly string[];
  /** Measure at most so many clips that the pack knows and so many others, drawn by the seed. */
  readonly mostClips?: number;
  readonly seed: number;
  /** Frames from one window to the next. */
  readonly stride: number;
  /** Randomise the classifier's weights layer by layer as well. */
  readonly randomisation: boolean;
  readonly lanes: LazyLanes;
  readonly store: ResultStore;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

export type TableBlock = "listenable" | "not listenable" | "baseline" | "oracle";

export interface TableRow {
  readonly block: TableBlock;
  readonly method: string;
  readonly title: string;
  /** Whether the row is the method's or a control made of its masks. */
  readonly control: MaskControl;
  /** Clips that the mean is over. */
  readonly clips: number;
  /** Mean over the clips of each clip's mean over its windows. */
  readonly mean: MetricRow;
}

export interface SettingTable {
  readonly setting: Contamination;
  /** Contaminated sounds that the classifier names right; absent without labels. */
  readonly accuracy?: Share;
  readonly clips: number;
  readonly sounds: number;
  readonly windows: number;
  readonly rows: readonly TableRow[];
}

/** One clip in one setting, for the report. */
export interface ClipResult {
  readonly setting: Contamination;
  readonly clip: string;
  readonly path: string;
  readonly label?: string;
  /** A method's own row, by its name. */
  readonly rows: Readonly<Record<string, MetricRow>>;
}

export interface Evaluation {
  readonly layout: string;
  readonly clips: number;
  readonly sentences: number;
  /** Absent without labels that the pack knows. */
  readonly classifier?: ClassifierReport;
  readonly tables: readonly SettingTable[];
  /** Per method, last layer first. */
  readonly randomisation?: Readonly<Record<string, readonly LayerCheck[]>>;
  /** Files that were not measured, with the reason. */
  readonly skipped: readonly string[];
  /** What could not be computed of a clip, with the reason. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly perClip: readonly ClipResult[];
  /** Clips and sentences that were mixed into others. */
  readonly pools: SoundPools;
  /** What all figures together depend on. */
  readonly key: string;
}

interface CheckedSound extends FoundSound {
  readonly hash: string;
}

interface Row {
  readonly id: RowId;
  readonly block: TableBlock | "classifier";
  readonly title: string;
  /** Hash of the graphs that it depends on. */
  readonly graphs: string;
}

export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { opened, data, store, settings, seed, stride, signal } = options;
  const { pack } = opened;
  const progress = new Steps(options.onProgress);
  const notes: string[] = [];
  const skipped = [...data.refused];
  const failures: string[] = [];

  const chosen = options.sentences ? drawn(options.sentences.sounds, MOST_SENTENCES, seed) : [];
  const known = pack.labels.filter((label) => label !== pack.other && label !== SPEECH);
  const isKnown = ({ label }: FoundSound) => label !== undefined && known.includes(label);
  const found = wanted(data.sounds, isKnown, options);
  const checks = await checkSounds([...found, ...chosen], options, progress);
  const usable = (sounds: readonly FoundSound[]): CheckedSound[] =>
    sounds.flatMap((sound) => {
      const check = checks.get(sound.path);
      if (check?.usable) return [{ ...sound, hash: check.hash }];
      skipped.push(check?.reason ?? `${sound.path}: it could not be checked`);
      return [];
    });
  const clips = usable(found);
  const sentences = usable(chosen);
  if (clips.length === 0) {
    throw new Error(
      `none of the ${found.length} sounds of ${data.folder} can be measured; the first: ${skipped[0] ?? "none is there"}`,
    );
  }
  if (settings.includes("speech") && sentences.length === 0) {
    throw new Error(`none of the sentences can be mixed in; the first: ${skipped.at(-1)}`);
  }

  const knownClips = clips.filter(isKnown);
  const labelled = knownClips.length > 0;
  if (!labelled && clips.some(({ label }) => label !== undefined)) {
    notes.push(
      `None of the labels of ${data.layout} is a class of pack ${pack.name} (${known.join(", ")}): ` +
        "all clips are explained, and accuracy is left out.",
    );
  }
  const explained = labelled ? knownClips : clips;
  if (settings.includes("mixtures") && explained.length < 2) {
    throw new Error(`mixtures need two clips to mix, and ${data.folder} has one that can be measured`);
  }
  const pools: SoundPools = { clips: explained.map(fileOf), sentences: sentences.map(fileOf) };
  const poolKeys = {
    mixtures: keyOf(explained.map(({ name, hash }) => [name, hash])),
    speech: keyOf(sentences.map(({ name, hash }) => [name, hash])),
  };

  const rows = await tableRows(options);
  const rowKey = (row: Row, setting: Contamination, { name, hash }: CheckedSound) => {
    const pool = setting === "mixtures" || setting === "speech" ? poolKeys[setting] : "";
    return keyOf("row", FIGURES_VERSION, row.id, row.graphs, setting, seed, stride, name, hash, pool);
  };
  const classifierGraph = rows[0].graphs;
  const judged = labelled ? [...toJudge(clips, options), ...sentencesToJudge(sentences, pack.labels)] : [];
  const answersKey = ({ name, hash }: CheckedSound) =>
    keyOf("answers", FIGURES_VERSION, classifierGraph, stride, name, hash);

  const unanswered = judged.filter((sound) => !store.has(answersKey(sound)));
  const measurements = settings.flatMap((setting) =>
    explained.map((sound) => {
      const missing = rows.filter((row) => !store.has(rowKey(row, setting, sound)));
      return { setting, sound, missing };
    }),
  );
  const randomised = options.randomisation
    ? rows.filter(({ block, title }) => block === "listenable" && title !== "")
    : [];
  const randomisationFiles = explained.slice(0, RANDOMISATION_CLIPS);
  const randomisationKey = (row: Row) =>
    keyOf(
      "randomisation",
      FIGURES_VERSION,
      row.id,
      row.graphs,
      seed,
      randomisationFiles.map(({ hash }) => hash),
    );
  const notRandomised = randomised.filter((row) => !store.has(randomisationKey(row)));
  progress.add(
    unanswered.length +
      measurements.reduce((sum, { missing }) => sum + missing.length, 0) +
      notRandomised.length,
  );

  const keys = new Map<LaneTask, (row: RowId) => string>();
  const tasks: LaneTask[] = [
    ...unanswered.map((sound): LaneTask => {
      const task: LaneTask = { type: "answers", file: fileOf(sound) };
      keys.set(task, () => answersKey(sound));
      return task;
    }),
    ...measurements
      .filter(({ missing }) => missing.length > 0)
      .map(({ setting, sound, missing }): LaneTask => {
        const task: LaneTask = {
          type: "measure",
          file: fileOf(sound),
          setting,
          rows: missing.map(({ id }) => id),
        };
        keys.set(task, (id) => rowKey(missing.find((row) => row.id === id)!, setting, sound));
        return task;
      }),
    ...notRandomised.map((row): LaneTask => {
      const task: LaneTask = {
        type: "randomise",
        method: row.id.split(":")[1],
        files: randomisationFiles.map(fileOf),
      };
      keys.set(task, () => randomisationKey(row));
      return task;
    }),
  ];
  if (tasks.length > 0) {
    const lanes = await options.lanes.get();
    lanes.setPools(pools);
    await lanes.run(tasks, {
      signal,
      onPart: (task, part) => {
        takePart(task, part);
        progress.step(whatOf(task));
      },
      onDone: (task, result) => {
        takeResult(task, result);
        if (task.type !== "measure") progress.step(whatOf(task));
      },
    });
  }

  function takePart(task: LaneTask, part: LanePart): void {
    if ("failure" in part) failures.push(`${whatOf(task)}, ${part.row}: ${part.failure}`);
    else store.add(keys.get(task)!(part.row), "rows" in part ? part.rows : part.answers);
  }

  function takeResult(task: LaneTask, result: LaneResult | Error): void {
    if (result instanceof Error) failures.push(`${whatOf(task)}: ${result.message}`);
    else if (result.type === "answers") store.add(keys.get(task)!("classifier:"), result.windows);
    else if (result.type === "randomise") store.add(keys.get(task)!("classifier:"), result.layers);
  }

  const perClip: ClipResult[] = [];
  const tables = settings.map((setting): SettingTable => {
    const results = explained.map((sound) => ({
      sound,
      rows: rows.map((row) => ({
        row,
        value: store.get<MethodRows & SettingAnswers>(rowKey(row, setting, sound)),
      })),
    }));
    for (const { sound, rows: of } of results) {
      const own = of.flatMap(({ row, value }) =>
        row.id.startsWith("method:") && value?.own ? [[row.id.split(":")[1], value.own] as const] : [],
      );
      perClip.push({
        setting,
        clip: sound.name,
        path: sound.path,
        label: sound.label,
        rows: Object.fromEntries(own),
      });
    }
    const answers = results.flatMap(({ sound, rows: of }) => {
      const value = of.find(({ row }) => row.block === "classifier")?.value;
      return value ? [{ sound, value: value as SettingAnswers }] : [];
    });
    const right = answers.flatMap(({ sound, value }) =>
      value.answers.map((answer) => pack.labels[argMax(answer)] === sound.label),
    );
    return {
      setting,
      accuracy: labelled ? { right: right.filter(Boolean).length, of: right.length } : undefined,
      clips: explained.length,
      sounds: right.length,
      windows: answers.reduce((sum, { value }) => sum + value.windows, 0),
      rows: rows.flatMap((row, index) => {
        const { block } = row;
        if (block === "classifier") return [];
        return (["own", "constant", "shuffled"] as const).flatMap((control): TableRow[] => {
          const values = results.flatMap(({ rows: of }) => of[index].value?.[control] ?? []);
          if (values.length === 0) return [];
          const { title } = row;
          const method = row.id.split(":")[1];
          return [{ block, method, title, control, clips: values.length, mean: meanOfRows(values) }];
        });
      }),
    };
  });

  return {
    layout: data.layout,
    clips: explained.length,
    sentences: sentences.length,
    classifier: labelled
      ? reportOf(options, judged, (sound) => store.get(answersKey(sound)), known)
      : undefined,
    tables,
    randomisation: options.randomisation
      ? Object.fromEntries(
          randomised.map((row) => [
            row.id.split(":")[1],
            store.get<LayerCheck[]>(randomisationKey(row)) ?? [],
          ]),
        )
      : undefined,
    skipped,
    failures,
    notes,
    perClip,
    pools,
    key: keyOf(
      settings,
      rows.map(({ id, graphs }) => [id, graphs]),
      seed,
      stride,
      poolKeys,
      failures.length,
    ),
  };
}

/** The classifier itself, the pack's methods, then the oracles. */
async function tableRows({ opened, methods }: EvaluationOptions): Promise<Row[]> {
  const { pack } = opened;
  const classifier = keyOf(
    pack.masking,
    pack.labels,
    Buffer.from(await opened.graph(classifierName(opened))).toString("base64"),
  );
  const rows: Row[] = [{ id: "classifier:", block: "classifier", title: "", graphs: classifier }];
  for (const { name, title } of methods.flatMap(
    (each) => pack.methods.find((one) => one.name === each) ?? [],
  )) {
    const graphs = keyOf(classifier, Buffer.from(await opened.graph(name)).toString("base64"));
    const block = name === ALL_ONES ? "baseline" : "listenable";
    rows.push({ id: `method:${name}`, block, title, graphs });
  }
  for (const { name, title, graph } of pack.featureMethods ?? []) {
    // A mask of ones is the same on whatever it lies.
    if (!methods.includes(name) || name === ALL_ONES) continue;
    const graphs = keyOf(
      classifier,
      Buffer.from(await opened.file(graph)).toString("base64"),
      Buffer.from(await opened.file(packFeatureJudge(pack).graph)).toString("base64"),
    );
    rows.push({ id: `features:${name}`, block: "not listenable", title, graphs });
  }
  const titles = { "ideal-binary-mask": "Ideal binary mask", "ideal-ratio-mask": "Ideal ratio mask" };
  for (const name of ORACLES) {
    rows.push({ id: `oracle:${name}`, block: "oracle", title: titles[name], graphs: classifier });
  }
  return rows;
}

/** Of the known categories and of the others each at most `mostClips`, and of the others those that are asked for. */
function wanted(
  sounds: readonly FoundSound[],
  isKnown: (sound: FoundSound) => boolean,
  { only, mostClips = sounds.length, seed }: EvaluationOptions,
): FoundSound[] {
  const others = sounds.filter(
    (sound) => !isKnown(sound) && (sound.label === undefined || !only || only.includes(sound.label)),
  );
  return [...drawn(sounds.filter(isKnown), mostClips, seed), ...drawn(others, mostClips, seed)];
}

/** Clips of categories that the pack knows, and of those that it never heard: the others say nothing of either. */
function toJudge(clips: readonly CheckedSound[], { opened }: EvaluationOptions): CheckedSound[] {
  const { labels, heardCategories = [] } = opened.pack;
  return clips.filter(
    ({ label }) => label !== undefined && (labels.includes(label) || !heardCategories.includes(label)),
  );
}

function sentencesToJudge(sentences: readonly CheckedSound[], labels: readonly string[]): CheckedSound[] {
  return labels.includes(SPEECH) ? sentences.map((sound) => ({ ...sound, label: SPEECH })) : [];
}

function reportOf(
  { opened, data }: EvaluationOptions,
  judged: readonly CheckedSound[],
  windowsOf: (sound: CheckedSound) => number[][] | undefined,
  known: readonly string[],
): ClassifierReport {
  const { labels, other, threshold } = opened.pack;
  const esc10 = data.layout === "ESC-50" && known.join() === ESC10_CLASSES.join();
  const groups: Record<string, readonly string[]> = {
    [esc10 ? "ESC-10" : "known classes"]: known,
    ...(labels.includes(SPEECH) ? { [SPEECH]: [SPEECH] } : {}),
  };
  const answers = judged.flatMap((sound) => {
    const windows = windowsOf(sound)?.map((row) => Float32Array.from(row));
    return windows ? [{ name: sound.name, label: sound.label!, windows }] : [];
  });
  return classifierReport(answers, labels, other, threshold, groups);
}

async function checkSounds(
  sounds: readonly FoundSound[],
  { opened, store, lanes, signal }: EvaluationOptions,
  progress: Steps,
): Promise<Map<string, SoundCheck>> {
  const checks = new Map<string, SoundCheck>();
  const keys = new Map<string, string>();
  for (const { path } of sounds) {
    const { size, mtimeMs } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0 }));
    const key = keyOf("check", path, size, mtimeMs, opened.pack.sampleRate);
    keys.set(path, key);
    const known = store.get<SoundCheck>(key);
    if (known) checks.set(path, known);
  }
  const tasks = sounds
    .filter(({ path }) => !checks.has(path))
    .map(({ path }) => ({ type: "check", path }) as const);
  if (tasks.length === 0) return checks;
  progress.add(tasks.length);
  await (await lanes.get()).run(tasks, {
    signal,
    onDone: ({ path }, result) => {
      const check: SoundCheck =
        result instanceof Error || result.type !== "check"
          ? { usable: false, reason: `${path}: ${result instanceof Error ? result.message : "not checked"}` }
          : result.check;
      checks.set(path, check);
      store.add(keys.get(path)!, check);
      progress.step("reading sounds");
    },
  });
  return checks;
}

/** At most `most` of the items, drawn by the seed and kept in their order. */
function drawn<T>(items: readonly T[], most: number, seed: number): T[] {
  if (items.length <= most) return [...items];
  const chosen = seededBy(seed, "drawn")
    .shuffle(items.map((_, index) => index))
    .slice(0, most);
  return chosen.sort((a, b) => a - b).map((index) => items[index]);
}

function fileOf({ name, path }: SoundFile): SoundFile {
  return { name, path };
}

function whatOf(task: LaneTask): string {
  switch (task.type) {
    case "check":
      return task.path;
    case "answers":
      return `classifier, ${task.file.name}`;
    case "measure":
    case "portrait":
      return `${task.setting}, ${task.file.name}`;
    case "randomise":
      return `randomisation, ${task.method}`;
    default:
      return task satisfies never;
  }
}

/** Steps done of a total that grows as the run learns what is to do. */
class Steps {
  #done = 0;
  #total = 0;

  constructor(private readonly show: EvaluationOptions["onProgress"] = () => {}) {}

  add(count: number): void {
    this.#total += count;
  }

  step(what: string): void {
    this.show?.(++this.#done, this.#total, what);
  }
}

/** Threads that are worth starting: more than four fight for memory rather than cores. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}
