/** Numbers and names as people read them in the language of the page. No function ever shows NaN. */
import { labelText, numbers, type Words, words } from "./words/words.ts";

export const percent = (fraction: number): string => numbers.percent(fraction);
export const milliseconds = (ms: number | null): string => numbers.milliseconds(ms);
export const kilohertz = (hz: number): string => numbers.kilohertz(hz);
export const rate = (perSecond: number): string => numbers.rate(perSecond);
export const count = (value: number): string => numbers.count(value);

/** Hertz for an axis, thousands as k: 500 → "500", 8000 → "8k". */
export const hertz = (hz: number): string => (hz >= 1000 ? `${kilohertz(hz)}k` : count(hz));

/** A class name as written in datasets, for people: "door_wood_creaks" → "creaking door". */
export const className = labelText;

interface NamedClass {
  /** In the pack's labels. */
  readonly index: number;
  readonly label: string;
  readonly name: string;
}

/** What was put in order last, for which labels in which language: a page draws the same ones many times a second. */
const ordered = new WeakMap<
  readonly string[],
  { readonly other: string | undefined; readonly words: Words; readonly classes: readonly NamedClass[] }
>();

/** Classes to choose from in the order of their names; the pack's "other" comes last. Put in order once for the same labels. */
export function classesByName(labels: readonly string[], other?: string): readonly NamedClass[] {
  const before = ordered.get(labels);
  if (before && before.other === other && before.words === words) return before.classes;
  const classes = inOrder(labels, other);
  ordered.set(labels, { other, words, classes });
  return classes;
}

function inOrder(labels: readonly string[], other?: string): readonly NamedClass[] {
  const named = labels.map((label, index) => ({ index, label, name: classTitle(label, other) }));
  const last = ({ label }: NamedClass) => Number(label === other);
  return named.sort((a, b) => last(a) - last(b) || numbers.order(a.name, b.name));
}

/** A class by itself, as in a list. */
export function classTitle(label: string, other?: string): string {
  return label === other ? words.page.verdict.other : capitalised(className(label));
}

/** Names of choices that have none of their own: "A" for 0. */
export function letter(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** The first letter large, as at the start of a line. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
