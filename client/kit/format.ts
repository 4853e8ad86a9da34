/** Numbers and names as people read them in the language of the page. No function ever shows NaN. */
import { labelText, numbers } from "./words/words.ts";

export const percent = (fraction: number): string => numbers.percent(fraction);
export const milliseconds = (ms: number | null): string => numbers.milliseconds(ms);
export const kilohertz = (hz: number): string => numbers.kilohertz(hz);
export const rate = (perSecond: number): string => numbers.rate(perSecond);
export const count = (value: number): string => numbers.count(value);

/** Hertz for an axis, thousands as k: 500 → "500", 8000 → "8k". */
export const hertz = (hz: number): string => (hz >= 1000 ? `${kilohertz(hz)}k` : count(hz));

/** A class name as written in datasets, for people: "door_wood_creaks" → "creaking door". */
export const className = labelText;

/** Names of choices that have none of their own: "A" for 0. */
export function letter(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** The first letter large, as at the start of a line. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
