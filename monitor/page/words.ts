/** Events of the monitor as people read them. */

import { capitalised, className, percent } from "../../client/kit/format.ts";
import { numbers, words } from "../../client/kit/words/words.ts";
import { oneLine } from "../../protocol/shown-text.ts";
import type { Levels, MonitorEvent } from "../protocol.ts";

export function classesText({ classes }: MonitorEvent): string {
  return capitalised(classes.map(({ label }) => className(label)).join(", "));
}

/**
 * What the newest window sounds like: a name where there is one, and how sure that is. Of independent classes all that are
 * believed are named.
 */
export function heardNow(
  newest: Levels | undefined,
  other: string | undefined,
): { readonly name: string; readonly more: string } {
  if (!newest?.label) return { name: "", more: words.monitor.silence };
  const { label, probability, believed = [label] } = newest;
  const [first, ...others] = believed;
  if (first === undefined) return { name: "", more: words.page.verdict.none };
  const also = others.length > 0 ? `. ${words.page.verdict.also(others.map(className).join(", "))}` : "";
  return {
    name: capitalised(first === other ? words.monitor.other : className(first)),
    more: `${percent(probability)}${also}`,
  };
}

export function timeText(at: string): string {
  return numbers.date(new Date(at));
}

export function lengthText({ start, end }: { readonly start: number; readonly end: number }): string {
  return `${numbers.oneDecimal(end - start)} s`;
}

/** Where in a file, where it is one. */
export function placeText({ input, file, start }: MonitorEvent): string {
  if (file === undefined) return oneLine(input);
  const minutes = Math.floor(start / 60);
  const seconds = numbers.oneDecimal(start - 60 * minutes).padStart(4, "0");
  return words.monitor.place(oneLine(input), oneLine(file), `${minutes}:${seconds}`);
}

/** The badge in a sentence, with the rule behind it. */
export function faithfulnessText({ classes, faithfulness, problem }: MonitorEvent): string {
  const said = words.monitor;
  if (!faithfulness) return problem ? said.notExplained(problem) : said.beingExplained;
  const { original, explanation, rest, badge, named = 0.5 } = faithfulness;
  const shares = { original: percent(original), explanation: percent(explanation), rest: percent(rest) };
  const name = className(classes[0].label);
  const sentence = said.faithfulness(name, shares, explanation >= named, rest >= named);
  return `${capitalised(said.badges[badge])}: ${sentence}`;
}
