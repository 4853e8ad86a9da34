/** What the addresses of the event list and the labels ask for: checked whole, so that nothing odd reaches the database. */
import * as v from "valibot";
import { HttpError } from "../../server/http/index.ts";
import { isEventId } from "../event.ts";
import { REVIEWS } from "../protocol.ts";
import { type EventQuery, MOST_EVENTS } from "../storage/query.ts";

const digits = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "must be a whole number"), v.transform(Number));
const share = v.pipe(
  v.string(),
  v.regex(/^(\d{1,3}(\.\d{0,20})?|\.\d{1,20})$/, "must be a number from 0 to 1"),
  v.transform(Number),
  v.maxValue(1, "must be a number from 0 to 1"),
);
const time = v.pipe(
  v.string(),
  v.check(isTime, "must be a time such as 2026-07-14T06:30:00Z"),
  v.transform((text) => Date.parse(text)),
);
const word = v.pipe(v.string(), v.maxLength(200, "has at most 200 letters"));

/** Times are ISO 8601. */
const querySchema = v.object({
  label: v.optional(word),
  input: v.optional(word),
  from: v.optional(time),
  to: v.optional(time),
  confidence: v.optional(share),
  review: v.optional(v.picklist([...REVIEWS, "none", "any"])),
  badge: v.optional(v.picklist(["faithful", "partly", "not"])),
  text: v.optional(word),
  limit: v.optional(
    v.pipe(
      digits,
      v.minValue(1, "must be 1 or more"),
      v.maxValue(MOST_EVENTS, `must be ${MOST_EVENTS} or less`),
    ),
  ),
  before: v.optional(v.pipe(v.string(), v.check(isEventId, "must be the id of an event"))),
});

/**
 * What has no value, and names that nobody knows, don't count.
 *
 * @throws HttpError 400 that names what is wrong.
 */
export function eventQueryOf(given: URLSearchParams): EventQuery {
  const filled = [...given].filter(
    ([name, value]) => value !== "" && Object.hasOwn(querySchema.entries, name),
  );
  const names = filled.map(([name]) => name);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) throw new HttpError(400, `${twice}: is there twice`);
  const result = v.safeParse(querySchema, Object.fromEntries(filled));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HttpError(400, `${v.getDotPath(issue)}: ${issue.message}`);
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** JavaScript takes far more for a time, and the 31st of February for the 3rd of March. */
function isTime(text: string): boolean {
  const [, year, month, day] = ISO.exec(text)?.map(Number) ?? [];
  if (year === undefined || Number.isNaN(Date.parse(text))) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
