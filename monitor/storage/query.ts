/** Search and filters of the event list, as SQL with bound values. */
import type { Badge, Review } from "../protocol.ts";

export interface EventQuery {
  /** Events in which this class was heard. */
  readonly label?: string | undefined;
  readonly input?: string | undefined;
  /** Milliseconds since 1970: from this moment on, and before that one. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The least confidence, of the class asked for or of the most confident one. */
  readonly confidence?: number | undefined;
  readonly review?: Review | "none" | "any" | undefined;
  readonly badge?: Badge | undefined;
  /** Words that class, input or file must hold. */
  readonly text?: string | undefined;
  readonly limit?: number | undefined;
  /** The page after the event of this id. */
  readonly before?: string | undefined;
}

/** A piece of all events: ids from here on. */
export interface PieceQuery extends EventQuery {
  readonly since?: string | undefined;
  /** The text's words with the labels that hold them, where that is known. */
  readonly words?: readonly Word[] | undefined;
}

interface Word {
  readonly text: string;
  readonly labels?: readonly string[] | undefined;
}

export const MOST_EVENTS = 1000;

function wordsOf(text = ""): Word[] {
  const words = new Set(text.split(/\s+/).filter((each) => each !== ""));
  return [...words].map((each) => ({ text: each }));
}

/**
 * Looks the words up among all labels, which are few: to look for a label that is known is a step for each event, to
 * look into each label is one for each class of it.
 */
export function withLabels(query: EventQuery, labels: readonly string[]): PieceQuery {
  const words = wordsOf(query.text).map(({ text }) => {
    const sought = readable(text);
    return { text, labels: labels.filter((label) => readable(label).includes(sought)) };
  });
  return { ...query, words };
}

/** As LIKE compares: large and small letters of ASCII are the same. */
function readable(text: string): string {
  return text.replaceAll("_", " ").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** More than this is not looked for one by one. */
const FEW_LABELS = 20;

function holdsWord({ text, labels }: Word): { readonly sql: string; readonly values: string[] } {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  const named = "input LIKE ? ESCAPE '\\' OR file LIKE ? ESCAPE '\\'";
  if (labels?.length === 0) return { sql: `(${named})`, values: [pattern, pattern] };
  const ofEvent = "SELECT 1 FROM event_class c WHERE c.event = id AND";
  if (labels && labels.length <= FEW_LABELS) {
    const marks = labels.map(() => "?").join(", ");
    return {
      sql: `(${named} OR EXISTS (${ofEvent} c.label IN (${marks})))`,
      values: [pattern, pattern, ...labels],
    };
  }
  return {
    sql: `(${named} OR EXISTS (${ofEvent} replace(c.label, '_', ' ') LIKE ? ESCAPE '\\'))`,
    values: [pattern, pattern, `%${text.replaceAll("_", " ").replace(/[\\%]/g, "\\$&")}%`],
  };
}

export function queryToSql(
  query: PieceQuery,
  select: string,
  ordered = true,
): { readonly sql: string; readonly values: (string | number)[] } {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, ...given: (string | number)[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  const { label, confidence } = query;
  if (label !== undefined) {
    const least = confidence ?? 0;
    where(
      "EXISTS (SELECT 1 FROM event_class c WHERE c.event = id AND c.label = ? AND c.confidence >= ?)",
      label,
      least,
    );
  } else if (confidence !== undefined) where("confidence >= ?", confidence);
  if (query.input !== undefined) where("input = ?", query.input);
  // A piece is found by its ids: the plus keeps SQLite from looking by time instead, through all pieces each time.
  const at = query.since === undefined ? "at" : "+at";
  if (query.from !== undefined) where(`${at} >= ?`, query.from);
  if (query.to !== undefined) where(`${at} < ?`, query.to);
  if (query.badge !== undefined) where("badge = ?", query.badge);
  if (query.review === "none") where("review IS NULL");
  else if (query.review === "any") where("review IS NOT NULL");
  else if (query.review !== undefined) where("review = ?", query.review);
  for (const word of query.words ?? wordsOf(query.text)) {
    const { sql, values: given } = holdsWord(word);
    where(sql, ...given);
  }
  // Ids begin with the time, so they order events as the time does, and without ties.
  if (query.before !== undefined) where("id < ?", query.before);
  if (query.since !== undefined) where("id >= ?", query.since);
  const filter = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
  if (!ordered) return { sql: select + filter, values };
  const limit = Math.max(1, Math.min(MOST_EVENTS, query.limit ?? 50));
  return { sql: `${select}${filter} ORDER BY id DESC LIMIT ?`, values: [...values, limit] };
}
