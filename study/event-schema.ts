/** What the server takes from a page, checked before anything looks at it. */
import * as v from "valibot";
import { LONGEST_COMMENT, ORIGINAL, type StudyEvent } from "./protocol.ts";

const small = v.pipe(v.number(), v.integer(), v.minValue(ORIGINAL), v.maxValue(1_000));
const name = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/));

const actionSchema = v.variant("kind", [
  v.object({ kind: v.literal("consented") }),
  v.object({
    kind: v.literal("tones-answered"),
    attempt: small,
    answers: v.pipe(v.array(small), v.maxLength(12)),
  }),
  v.object({ kind: v.literal("volume-set") }),
  v.object({ kind: v.literal("played"), trial: name, stimulus: small }),
  v.object({ kind: v.literal("rated"), trial: name, stimulus: small, question: name, value: small }),
  v.object({ kind: v.literal("trial-done"), trial: name }),
  v.object({ kind: v.literal("finished"), comment: v.pipe(v.string(), v.maxLength(LONGEST_COMMENT)) }),
]);

const eventSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/)),
  action: actionSchema,
});

/** The event, or undefined with what is wrong with it told to `complain`. */
export function parseEvent(json: unknown, complain: (problem: string) => void): StudyEvent | undefined {
  const result = v.safeParse(eventSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  complain(`${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
  return undefined;
}
