/** Brings sounds to one loudness, so that what is told apart is what is in them and not how loud they are. */
import { LOWEST_RATE } from "../../../dsp/k-weighting.ts";
import { integratedLoudness } from "../../../dsp/loudness.ts";
import { HEADROOM_DB, MOST_BOOST_DB } from "../../../worklets/loudness-match.ts";

/**
 * A gain for each sound, so that all are as loud as the first (after ITU-R BS.1770, silence does not count), or all as
 * much below it as keeps every peak under full scale. What would need more than 24 dB gets 24 dB at most, what
 * is silent stays as it is, and neither pulls the others down.
 *
 * @param sampleRate in Hz, 8,000 or more; slower sounds stay as they are.
 */
export function matchingGains(sounds: readonly Float32Array[], sampleRate: number): number[] {
  if (sampleRate < LOWEST_RATE) return sounds.map(() => 1);
  const parts = sounds.map((samples) => ({
    loudness: integratedLoudness(samples, sampleRate),
    peak: decibels(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)),
  }));
  const reference = parts[0].loudness;
  if (reference === -Infinity) return sounds.map(() => 1);
  const heard = parts.filter(({ loudness }) => reference - loudness <= MOST_BOOST_DB);
  const aim = Math.min(reference, ...heard.map(({ loudness, peak }) => loudness - peak - HEADROOM_DB));
  return parts.map(({ loudness, peak }) => {
    if (loudness === -Infinity) return 1;
    return 10 ** (Math.min(aim - loudness, MOST_BOOST_DB, -peak - HEADROOM_DB) / 20);
  });
}

function decibels(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}
