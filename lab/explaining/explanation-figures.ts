/** What an explanation comes to, summed up block by block: the decision, the mask's mean, the parts' energies. */
import { type ClipDecision, clipDecision, type WindowDecision } from "../../models/explain/clip-decision.ts";
import type { ExplainedBlock } from "../../models/explain/signal-explainer.ts";
import type { Pack } from "../../models/pack/pack.ts";

import { Unevenness } from "./poor-mask.ts";

const PARTS = ["original", "explanation", "rest"] as const;

export class ExplanationFigures {
  readonly windows: WindowDecision[] = [];
  samples = 0;
  readonly #energy = { original: 0, explanation: 0, rest: 0 };
  readonly #unevenness = new Unevenness();
  #maskSum = 0;
  #maskLength = 0;

  constructor(private readonly pack: Pack) {}

  add(block: ExplainedBlock): void {
    for (const part of PARTS) this.#energy[part] += energy(block[part]);
    this.#maskSum += block.mask.reduce((sum, value) => sum + value, 0);
    this.#maskLength += block.mask.length;
    this.#unevenness.add(block.mask, block.magnitudes);
    this.samples += block.original.length;
    this.windows.push(...block.windows);
  }

  decision(): ClipDecision {
    return clipDecision(this.pack, this.windows);
  }

  /** Mean of the mask over all frames and bins. */
  maskMean(): number {
    return this.#maskSum / this.#maskLength;
  }

  /** How much the mask differs from place to place. */
  unevenness(): number {
    return this.#unevenness.value();
  }

  /** Energy of a part as a share of the recording's; those of both parts need not sum to one. */
  share(part: "explanation" | "rest"): number {
    return this.#energy.original > 0 ? this.#energy[part] / this.#energy.original : 0;
  }
}

function energy(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}
