/** Frame-by-frame arithmetic on spectra [bins, 2] (interleaved re, im) and masks. Nothing here allocates. */

/** The domain in which a mask multiplies: |X|, or log1p(|X|) as in the published L-MAC recipe. */
export type Masking = "linear" | "log1p";

/** |X| of one frame into `out` [bins] from `offset` on. */
export function magnitudes(spectrum: Float32Array, out: Float32Array, offset = 0): void {
  const bins = spectrum.length >> 1;
  for (let bin = 0; bin < bins; bin++) {
    const re = spectrum[2 * bin];
    const im = spectrum[2 * bin + 1];
    out[offset + bin] = Math.sqrt(re * re + im * im);
  }
}

/** The angles of one frame's values in radians, -π to π, into `out` [bins] from `offset` on; 0 where nothing is. */
export function phases(spectrum: Float32Array, out: Float32Array, offset = 0): void {
  const bins = spectrum.length >> 1;
  for (let bin = 0; bin < bins; bin++)
    out[offset + bin] = Math.atan2(spectrum[2 * bin + 1], spectrum[2 * bin]);
}

/** What a mask on log1p |X| multiplies |X| by. */
export function log1pGain(mask: number, magnitude: number): number {
  // As |X| goes to 0, expm1(m log1p |X|) / |X| goes to m, so the mask itself is the right gain there.
  return magnitude > 1e-12 ? Math.expm1(mask * Math.log1p(magnitude)) / magnitude : mask;
}

/**
 * Masked spectrum with the original phase into `out` [bins, 2], which may be `spectrum` itself.
 * `mask` holds the frame's [bins] values in [0, 1] from `offset` on.
 */
export function applyMask(
  spectrum: Float32Array,
  mask: Float32Array,
  masking: Masking,
  out: Float32Array,
  offset = 0,
): void {
  const bins = spectrum.length >> 1;
  for (let bin = 0; bin < bins; bin++) {
    const re = spectrum[2 * bin];
    const im = spectrum[2 * bin + 1];
    let gain = mask[offset + bin];
    if (masking === "log1p") gain = log1pGain(gain, Math.sqrt(re * re + im * im));
    out[2 * bin] = re * gain;
    out[2 * bin + 1] = im * gain;
  }
}
