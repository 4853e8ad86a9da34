/**
 * All that the commands write to the terminal, in one place: nothing that others wrote can forge a line of ours, and no
 * failure shows more of an address of the command line than may be shown.
 */
import { inspect } from "node:util";
import { shownWord, withoutKnown } from "../protocol/shown-address.ts";
import { jsonLine, manyLines, oneLine, shownValues } from "../protocol/shown-text.ts";

/** A line on standard output. */
export function printLine(text: string): void {
  console.log(oneLine(text));
}

/** Lines that we laid out; what others wrote went through `shownValues` or `oneLine` before. */
export function printText(text: string): void {
  console.log(manyLines(text));
}

export function printJson(value: unknown): void {
  console.log(jsonLine(value));
}

/** A command's result: for programs as one JSON object, for people as it is laid out. */
export function printResult<T>(json: boolean | undefined, result: T, layOut: (result: T) => string): void {
  if (json) printJson(result);
  else printText(layOut(shownValues(result)));
}

/** A line for people on standard error. */
export function say(text: string): void {
  console.error(`listenable: ${oneLine(text)}`);
}

/** Why the command ends, on standard error. */
export function sayFailure(failure: Error, { json = false, debug = false } = {}): void {
  const message = discreet(failure.message);
  if (debug) console.error(stackOf(failure, failure.stack ?? message));
  else if (json) console.error(jsonLine({ error: { name: failure.name, message } }));
  else say(message);
}

/** A mistake of ours that nobody caught: all that is known of it. */
export function sayCrash(problem: unknown): void {
  console.error(
    problem instanceof Error ? stackOf(problem, inspect(problem)) : manyLines(discreet(inspect(problem))),
  );
}

/** What commander says of the command line: words of it are repeated as they may be shown. */
export function shownComplaint(text: string): string {
  const words = process.argv.slice(2).sort((a, b) => b.length - a.length);
  return manyLines(words.reduce((said, word) => said.replaceAll(word, oneLine(shownWord(word))), text));
}

function stackOf({ message }: Error, stack: string): string {
  return manyLines(discreet(message === "" ? stack : stack.replaceAll(message, oneLine(message))));
}

/** Without what the addresses of the command line hold. */
function discreet(text: string): string {
  return withoutKnown(
    text,
    process.argv.slice(2).flatMap((word) => (shownWord(word) === word ? [] : [addressIn(word)])),
  );
}

function addressIn(word: string): string {
  return word.replace(/^-{0,2}[\p{L}\p{N}][\p{L}\p{N} _.-]*=(?=[a-z][a-z0-9+.-]*:)/u, "");
}
