/** By how many samples one recording lags behind another that it was made from. */

/** Blocks of this many milliseconds are compared first. */
const COARSE_MS = 1;
/** Then every sample this close to the best block. */
const FINE_MS = 3;

/**
 * The lag, 0 to `mostMs`, at which `later` looks most like `earlier`: by the correlation of their loudness, then of
 * their samples. Needs something irregular, such as clicks. Null when nothing in `later` follows from `earlier`.
 */
export function lagBetween(
  earlier: Float32Array,
  later: Float32Array,
  sampleRate: number,
  mostMs = 1500,
): { readonly samples: number; readonly ms: number } | null {
  const block = Math.round((COARSE_MS * sampleRate) / 1000);
  const most = Math.round((mostMs * sampleRate) / 1000);
  const [from, to] = [loudness(earlier, block), loudness(later, block)];
  const coarse = bestLag(from, to, 0, Math.floor(most / block));
  if (coarse === null || coarse.correlation < 0.3) return null;
  const around = Math.round((FINE_MS * sampleRate) / 1000);
  const first = Math.max(0, coarse.lag * block - around);
  const fine = bestLag(earlier, later, first, coarse.lag * block + around);
  return fine && { samples: fine.lag, ms: (1000 * fine.lag) / sampleRate };
}

/** How far each block's mean magnitude lies from the mean of all. */
function loudness(samples: Float32Array, block: number): Float32Array {
  const blocks = new Float32Array(Math.floor(samples.length / block));
  for (let i = 0; i < blocks.length * block; i++)
    blocks[Math.floor(i / block)] += Math.abs(samples[i]) / block;
  const mean = blocks.reduce((sum, value) => sum + value, 0) / Math.max(1, blocks.length);
  return blocks.map((value) => value - mean);
}

function bestLag(
  earlier: Float32Array,
  later: Float32Array,
  first: number,
  last: number,
): { readonly lag: number; readonly correlation: number } | null {
  let best: { lag: number; correlation: number } | null = null;
  // The same stretch for every lag: shorter ones would look alike by chance.
  const length = Math.min(earlier.length, later.length - last);
  for (let lag = first; lag <= last; lag++) {
    let product = 0;
    let energy = 0;
    let energyLater = 0;
    for (let n = 0; n < length; n++) {
      product += earlier[n] * later[n + lag];
      energy += earlier[n] ** 2;
      energyLater += later[n + lag] ** 2;
    }
    if (energy === 0 || energyLater === 0) continue;
    // A narrow-band mask may turn a click's sign round; its size counts.
    const correlation = Math.abs(product) / Math.sqrt(energy * energyLater);
    if (best === null || correlation > best.correlation) best = { lag, correlation };
  }
  return best;
}
