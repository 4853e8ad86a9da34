/** Where a method's mask of a whole sound lies, as `listenable explain` gives it: on the event of a scene, or on silence. */
import { spectrogramMagnitudes, stft } from "../../../dsp/index.ts";
import { explainSound } from "../../../models/explain/explain-sound.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import type { Span } from "../../data/active-regions.ts";
import type { ClipSeparation } from "../metrics/clip-separation.ts";
import {
  framesWithin,
  relevanceInTime,
  relevanceMass,
  silenceMass,
  silentFrames,
  timeFit,
} from "../metrics/localisation.ts";
import type { MetricRow } from "../metrics/metric-row.ts";
import type { WindowShape } from "../plan/window-shape.ts";
import { gainsOf } from "./explain-windows.ts";

/** The event of a scene that its figures are of. */
export interface LocatedEvent {
  /** Index of its class in the pack's labels: what methods are asked about. */
  readonly asked: number;
  /** When it sounds. */
  readonly span: Span;
  /** What it contributes to the scene, and everything else. */
  readonly stem: Float32Array;
  readonly rest: Float32Array;
}

export class LocatedSound {
  readonly #silent: readonly boolean[];
  readonly #spectra:
    | { readonly mixture: Float32Array; readonly stem: Float32Array; readonly rest: Float32Array }
    | undefined;
  readonly #within: readonly boolean[];

  constructor(
    private readonly samples: Float32Array,
    private readonly shape: WindowShape,
    readonly event?: LocatedEvent | undefined,
  ) {
    // Of a scene it is known where its class is, and that says more than where its background has pauses.
    this.#silent = event ? [] : silentFrames(samples, shape);
    this.#within = event ? framesWithin(event.span, samples.length, shape) : [];
    const spectrum = (part: Float32Array) => spectrogramMagnitudes(stft(part, shape));
    this.#spectra = event && {
      mixture: spectrum(samples),
      stem: spectrum(event.stem),
      rest: spectrum(event.rest),
    };
  }

  /** Whether anything is known of where a mask should lie. */
  get tells(): boolean {
    return this.event !== undefined || this.#silent.includes(true);
  }

  /**
   * Columns for the mask of the whole sound: windows half a window apart, methods that can be asked are asked about the event's
   * class.
   *
   * @param separation of the same scene: the same mask gives its columns too.
   */
  async row(method: LoadedMethod, separation?: ClipSeparation | undefined): Promise<MetricRow> {
    const mask = await wholeMask(method, this.samples, this.shape, this.event?.asked);
    const { masking } = method.pack;
    return {
      ...(this.#silent.includes(true) ? { silenceMass: silenceMass(mask, this.#silent) } : {}),
      ...this.rowOf(mask, masking),
      ...separation?.rowOf(fromTheBeginning(mask, this.shape), masking),
    };
  }

  /** Columns of the event for the mask that is ideal by what the event and everything else are. */
  idealRow(ideal: (stem: Float32Array, rest: Float32Array) => Float32Array): MetricRow {
    return this.#spectra ? this.rowOf(ideal(this.#spectra.stem, this.#spectra.rest), "linear") : {};
  }

  /** Columns of the event for a mask [frames, bins] of all frames that the sound touches. */
  rowOf(mask: Float32Array, masking: LoadedMethod["pack"]["masking"]): MetricRow {
    if (!this.#spectra) return {};
    const { mixture, stem, rest } = this.#spectra;
    const gains = gainsOf({ magnitudes: mixture }, mask, masking);
    return {
      relevanceMass: relevanceMass(gains, stem, rest),
      relevanceInTime: relevanceInTime(gains, mixture, this.#within),
      ...timeFit(mask, this.#within),
    };
  }
}

/**
 * The mask [frames, bins] of all frames that a sound touches, as `listenable explain` gives it with windows half a window apart.
 *
 * @param asked the class that methods are asked about which can be; the winner of each window without.
 */
export async function wholeMask(
  method: LoadedMethod,
  samples: Float32Array,
  { sampleRate: rate, frames }: WindowShape,
  asked?: number | undefined,
): Promise<Float32Array> {
  const stride = Math.ceil(frames / 2);
  const { mask } = await explainSound(method, samples, {
    ...{ rate, stride },
    target: asked,
    ifUnaskable: "any-winner",
  });
  return mask;
}

/** The mask from the frame on that begins with the sound. */
export function fromTheBeginning(mask: Float32Array, { window, hop, bins }: WindowShape): Float32Array {
  return mask.subarray((window / hop - 1) * bins);
}
