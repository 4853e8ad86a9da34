/** Numbers as people read them. Every function takes any number and never shows NaN. */

const unknown = "–";

/** 0.934 → "93 %"; tiny but not nothing is "<1 %", and short of certain is ">99 %". */
export function percent(fraction: number): string {
  if (!Number.isFinite(fraction)) return unknown;
  if (fraction > 0 && fraction < 0.01) return "<1 %";
  if (fraction > 0.99 && fraction < 1) return ">99 %";
  return `${Math.round(fraction * 100)} %`;
}

/** Whole milliseconds from 10 up, one decimal below. */
export function milliseconds(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return unknown;
  return `${Math.abs(ms) < 10 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Hertz as kilohertz without trailing zeros: 500 → "0.5". */
export function kilohertz(hz: number): string {
  return Number.isFinite(hz) ? String(Number((hz / 1000).toFixed(2))) : unknown;
}

/** Hertz for an axis, thousands as k: 500 → "500", 8000 → "8k". */
export function hertz(hz: number): string {
  return hz >= 1000 ? `${kilohertz(hz)}k` : String(Math.round(hz));
}

/** A rate a second, one decimal below 100. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return unknown;
  return perSecond < 100 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

export function count(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value)) : unknown;
}

/** A class name as written in datasets, for people: "clock_tick" → "clock tick". */
export function className(label: string): string {
  return label.replaceAll("_", " ");
}

/** The first letter large, as at the start of a line. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
