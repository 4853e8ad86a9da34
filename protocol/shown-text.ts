/**
 * Text of others (names of files, titles of packs, what a program complained) as a terminal may show it. A file's name
 * can hold line breaks and escape sequences: unescaped it would forge lines, set the window's title, or turn around what
 * stands before it.
 */

/** C0 and C1 controls, DEL, line and paragraph separators, and whatever turns the direction of reading. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** On one line: what cannot be seen is written as programs write it, as in `\n`, `\x1b` and `\u202e`. */
export function oneLine(text: string): string {
  return text.replace(UNSEEN, (each) => SHORT[each] ?? escaped(each));
}

/** Text that we have laid out in lines; whatever others put into it went through `oneLine` before. */
export function manyLines(text: string): string {
  return text.replace(UNSEEN, (each) => (each === "\n" || each === "\t" ? each : oneLine(each)));
}

/** Plain data with all its texts, also those that name values, as they may stand in a line. */
export function shownValues<T>(value: T): T {
  if (typeof value === "string") return oneLine(value) as T;
  if (Array.isArray(value)) return value.map(shownValues) as T;
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [oneLine(name), shownValues(each)]),
  ) as T;
}

/** JSON on one line, of the same value: what `JSON.stringify` leaves as it is is written as `\u009b`. */
export function jsonLine(value: unknown): string {
  return shownJson(JSON.stringify(value));
}

/** The same of JSON that is text already. */
export function shownJson(json: string): string {
  return json.replace(UNSEEN, (each) => (each === "\n" ? each : `\\u${code(each, 4)}`));
}

function escaped(each: string): string {
  return each.charCodeAt(0) < 0x100 ? `\\x${code(each, 2)}` : `\\u${code(each, 4)}`;
}

function code(each: string, digits: number): string {
  return each.charCodeAt(0).toString(16).padStart(digits, "0");
}
