/** The graphs of one pack, each loaded at its first use and kept. */

import type { OpenPack } from "../../../models/pack/open-pack.ts";
import { packFeatureJudge, packFeatureMethod } from "../../../models/pack/pack.ts";
import { loadClassifier, loadWhole } from "../../../models/runtime/load-cut.ts";
import { type LoadedFeatureJudge, loadFeatureJudge } from "../../../models/runtime/load-feature-judge.ts";
import { type LoadedMethod, loadFeatureMethod } from "../../../models/runtime/load-method.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { ALL_ONES } from "../../methods/all-ones.ts";
import { withoutGradients } from "../../methods/perturbation/index.ts";
import { perturb } from "../../methods/perturbation/perturb.ts";
import { perturbationSettings } from "../../methods/perturbation/perturbation.ts";
import type { MeasuringSettings } from "./measuring-contract.ts";

export class PackModels {
  readonly #methods = new Map<string, Promise<LoadedMethod>>();
  readonly #featureMethods = new Map<string, Promise<LoadedMethod>>();
  #classifier?: Promise<LoadedMethod>;
  #featureJudge?: Promise<LoadedFeatureJudge>;

  constructor(
    readonly runtime: Runtime,
    readonly opened: OpenPack,
    /** Of methods without gradients. */
    private readonly settings: Pick<MeasuringSettings, "budget"> & {
      readonly seed?: number | undefined;
    } = {},
  ) {}

  get pack() {
    return this.opened.pack;
  }

  /** The classifier alone: every graph of a pack holds the same, with a mask that need not be computed. */
  classifier(): Promise<LoadedMethod> {
    this.#classifier ??= loadClassifier(this.runtime, this.opened, classifierName(this.opened));
    return this.#classifier;
  }

  /** Of the pack, or one without gradients on its classifier. */
  method(name: string): Promise<LoadedMethod> {
    const perturbation = withoutGradients(this.pack, name);
    return kept(this.#methods, name, async () =>
      perturbation
        ? perturb(await this.classifier(), perturbation, { settings: perturbationSettings(this.settings) })
        : loadWhole(this.runtime, this.opened, name),
    );
  }

  /** The method in the form that masks the classifier's own input. */
  featureMethod(name: string): Promise<LoadedMethod> {
    return kept(this.#featureMethods, name, async () => {
      const graph = await this.opened.read(packFeatureMethod(this.pack, name));
      return loadFeatureMethod(this.runtime, graph, this.pack, name);
    });
  }

  featureJudge(): Promise<LoadedFeatureJudge> {
    this.#featureJudge ??= this.opened
      .read(packFeatureJudge(this.pack))
      .then((graph) => loadFeatureJudge(this.runtime, graph, this.pack));
    return this.#featureJudge;
  }
}

function kept(
  loaded: Map<string, Promise<LoadedMethod>>,
  name: string,
  load: () => Promise<LoadedMethod>,
): Promise<LoadedMethod> {
  const method = loaded.get(name) ?? load();
  loaded.set(name, method);
  return method;
}

/** The method whose graph the classifier is taken from: the mask of ones costs nothing, if the pack has it. */
export function classifierName({ pack }: OpenPack): string {
  return (pack.methods.find(({ name }) => name === ALL_ONES.name) ?? pack.methods[0]).name;
}
