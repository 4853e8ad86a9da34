/** Times within a moment, as people read them. */
import { numbers } from "../../../kit/words/words.ts";

/** Two decimals. */
export function secondsText(seconds: number): string {
  return numbers.twoDecimals(seconds);
}

/** Seconds worth a label on a picture so long, 0 included: at most eight, at steps of 1, 2 or 5. */
export function secondTicks(span: number): number[] {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((each) => span / each <= 8) ?? 20;
  const count = Math.floor((span - 0.4 * step) / step) + 1;
  return Array.from({ length: Math.max(1, count) }, (_, k) => Number((k * step).toFixed(2)));
}
