/** Brings the sounds of a trial to one loudness, so that nobody prefers what is merely louder. */
import { integratedLoudness } from "../dsp/loudness.ts";

/** Samples reach no further than this, 1 dB below full scale: what resampling and converters add finds room. */
const CEILING = 10 ** (-1 / 20);
/** Fainter sounds are not raised further: what comes up then is the noise of 16 bits. */
const MOST_GAIN_DB = 40;
/** A trial is lowered by so much at most for the sake of its peakiest sound. */
const MOST_LOWERED_DB = 12;

export interface Levelled {
  readonly samples: Float32Array;
  readonly gainDb: number;
  /** LUFS after the gain; -Infinity of a silent sound. */
  readonly loudness: number;
}

/**
 * The sounds of one trial at `target` LUFS, or all of them equally below where one would pass full scale: nothing is
 * limited or compressed, as that would be heard as the method's quality. Silent sounds stay silent; sounds that the two
 * bounds above keep from the others' loudness come out fainter, which their `loudness` tells.
 */
export function matchLevels(
  sounds: readonly Float32Array[],
  sampleRate: number,
  target: number,
): readonly Levelled[] {
  const wanted = sounds.map((samples) => {
    const loudness = integratedLoudness(samples, sampleRate);
    const gain = loudness === -Infinity ? 0 : Math.min(MOST_GAIN_DB, target - loudness);
    const room = 20 * Math.log10(CEILING / peakOf(samples));
    return { samples, loudness, gain, over: loudness === -Infinity ? 0 : Math.max(0, gain - room) };
  });
  const lowered = Math.min(MOST_LOWERED_DB, Math.max(0, ...wanted.map(({ over }) => over)));
  return wanted.map(({ samples, loudness, gain, over }) => {
    const gainDb = gain - Math.max(lowered, over);
    const factor = 10 ** (gainDb / 20);
    return { samples: samples.map((sample) => factor * sample), gainDb, loudness: loudness + gainDb };
  });
}

function peakOf(samples: Float32Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
}
