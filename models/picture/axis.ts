/** Round numbers for an axis. */

const STEPS = [1, 2, 5];

/** The smallest step of 1, 2 or 5 times a power of ten that makes at most `most` ticks over `range`. */
export function tickStep(range: number, most: number): number {
  for (let power = 10 ** Math.floor(Math.log10(range / most)); ; power *= 10) {
    const step = STEPS.find((each) => range / (each * power) <= most);
    if (step !== undefined) return step * power;
  }
}

interface TimeAxis {
  readonly unit: "s" | "min";
  readonly ticks: readonly { readonly seconds: number; readonly label: string }[];
}

/** Ticks from 0 on, in seconds, or in minutes where those read better. */
export function timeAxis(seconds: number, most: number): TimeAxis {
  const unit = seconds > 180 ? "min" : "s";
  const scale = unit === "min" ? 60 : 1;
  const step = tickStep(seconds / scale, most);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: Math.floor(seconds / scale / step + 1e-9) + 1 }, (_, k) => ({
    seconds: k * step * scale,
    label: (k * step).toFixed(digits),
  }));
  return { unit, ticks };
}
