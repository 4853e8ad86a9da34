/** Learning rate at `step` of `steps`: linear warm-up to `peak`, then half a cosine down to a hundredth of it. */
export function warmUpCosine(
  step: number,
  steps: number,
  peak: number,
  warmUp = Math.min(200, steps / 10),
): number {
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const progress = (step - warmUp) / Math.max(1, steps - warmUp);
  return peak * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
}
