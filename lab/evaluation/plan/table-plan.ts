/** The rows of the tables, and the keys under which their results are stored. */

import { answersAlone, sharedThreshold } from "../../../models/explain/class-decision.ts";
import { withWeightsInside } from "../../../models/graph/onnx/external-weights.ts";
import type { GraphFiles } from "../../../models/pack/open-pack.ts";
import { classThresholds, packFeatureJudge } from "../../../models/pack/pack.ts";
import { ALL_ONES } from "../../methods/all-ones.ts";
import { withoutGradients } from "../../methods/perturbation/index.ts";
import { perturbationSettings, titleWithCalls } from "../../methods/perturbation/perturbation.ts";
import type { EvaluationOptions, TableBlock } from "../evaluation.ts";
import { ORACLES } from "../measure/measure-sound.ts";
import type { RowId } from "../measure/measuring-contract.ts";
import { classifierName } from "../measure/pack-models.ts";
import { keyOf } from "../measure/result-store.ts";
import type { CheckedSound, ChosenSounds } from "./choose-sounds.ts";
import type { Setting } from "./contamination.ts";

/** Raised when a figure changes its meaning, so that results of before are not taken for it. */
const FIGURES_VERSION = 6;
/** Clips that the randomisation check looks at. */
const RANDOMISATION_CLIPS = 8;

export interface PlannedRow {
  readonly id: RowId;
  /** As on the command line. */
  readonly name: string;
  readonly title: string;
  readonly block: TableBlock | "classifier";
  /** Hash of the graphs that its figures come from. */
  readonly graphs: string;
  /** A method that has no graph of its own: it calls the classifier. */
  readonly calling?: boolean;
}

const ORACLE_TITLES = { "ideal-binary-mask": "Ideal binary mask", "ideal-ratio-mask": "Ideal ratio mask" };

/** The classifier itself, the methods in the order asked for, those that mask its own input, the oracles. */
export async function plannedRows({
  opened,
  methods,
  budget,
  seed,
}: EvaluationOptions): Promise<PlannedRow[]> {
  const { pack } = opened;
  const hash = async (graph: Promise<GraphFiles>) => {
    const { bytes, weights } = await graph;
    // The same for the same method, whatever else its pack holds and however it lies there.
    return keyOf(Buffer.from(withWeightsInside(bytes, weights)).toString("base64"));
  };
  // What exclusive classes that share a threshold come to does not depend on it.
  const deciding =
    answersAlone(pack) || sharedThreshold(pack) === undefined ? [pack.answers, ...classThresholds(pack)] : [];
  const graph = await hash(opened.graph(classifierName(opened)));
  const classifier = keyOf(pack.masking, pack.labels, graph, ...deciding);
  const rows: PlannedRow[] = [
    { id: "classifier:", name: "", title: "", block: "classifier", graphs: classifier },
  ];
  for (const wanted of methods) {
    const perturbation = withoutGradients(pack, wanted);
    if (perturbation) {
      const settings = perturbationSettings({ budget, seed });
      const graphs = keyOf(classifier, perturbation.name, settings.budget);
      const title = titleWithCalls(perturbation, settings);
      rows.push({ id: `method:${wanted}`, name: wanted, title, block: "listenable", graphs, calling: true });
    }
    const method = pack.methods.find(({ name }) => name === wanted);
    if (!method) continue;
    const { name, title } = method;
    const graphs = keyOf(classifier, await hash(opened.graph(name)));
    const block = name === ALL_ONES.name ? "baseline" : "listenable";
    rows.push({ id: `method:${name}`, name, title, block, graphs });
  }
  for (const wanted of methods) {
    const method = pack.featureMethods?.find(({ name }) => name === wanted);
    // A mask of ones is the same on whatever it lies.
    if (!method || method.name === ALL_ONES.name) continue;
    const { name, title } = method;
    const judge = await hash(opened.read(packFeatureJudge(pack)));
    const graphs = keyOf(classifier, judge, await hash(opened.read(method)));
    rows.push({ id: `features:${name}`, name, title, block: "not listenable", graphs });
  }
  for (const name of ORACLES) {
    rows.push({
      id: `oracle:${name}`,
      name,
      title: ORACLE_TITLES[name],
      block: "oracle",
      graphs: classifier,
    });
  }
  return rows;
}

/** Keys of results: each says all that its result depends on. */
export class ResultKeys {
  readonly #pools: Partial<Record<Setting, string>>;
  readonly #classifier: string;

  constructor(
    private readonly options: Pick<EvaluationOptions, "seed" | "stride">,
    private readonly sounds: ChosenSounds,
    private readonly rows: readonly PlannedRow[],
  ) {
    const poolKey = (...pools: readonly (readonly CheckedSound[])[]) =>
      keyOf(...pools.map((pool) => pool.map(({ name, hash, label }) => [name, hash, label])));
    this.#pools = {
      mixtures: poolKey(sounds.explained),
      speech: poolKey(sounds.sentences),
      scenes: poolKey(sounds.explained, sounds.backgrounds),
    };
    this.#classifier = rows[0].graphs;
  }

  row(row: PlannedRow, setting: Setting, { name, hash }: CheckedSound): string {
    const { seed, stride } = this.options;
    const pool = this.#pools[setting] ?? "";
    return keyOf("row", FIGURES_VERSION, row.id, row.graphs, setting, seed, stride, name, hash, pool);
  }

  /** Of the classifier's answers to the sound as it is. */
  answers({ name, hash }: CheckedSound): string {
    return keyOf("answers", FIGURES_VERSION, this.#classifier, this.options.stride, name, hash);
  }

  /** Of its answers to two sounds at once. */
  pair([louder, fainter]: readonly [CheckedSound, CheckedSound]): string {
    const { stride } = this.options;
    return keyOf("pair", FIGURES_VERSION, this.#classifier, stride, louder.hash, fainter.hash);
  }

  randomisation(row: PlannedRow): string {
    const hashes = this.randomisationSounds().map(({ hash }) => hash);
    return keyOf("randomisation", FIGURES_VERSION, row.id, row.graphs, this.options.seed, hashes);
  }

  randomisationSounds(): readonly CheckedSound[] {
    return this.sounds.explained.slice(0, RANDOMISATION_CLIPS);
  }

  /** Of everything together. */
  all(settings: readonly Setting[]): string {
    const { seed, stride } = this.options;
    const rows = this.rows.map(({ id, graphs }) => [id, graphs]);
    return keyOf(FIGURES_VERSION, settings, rows, seed, stride, this.#pools);
  }
}
