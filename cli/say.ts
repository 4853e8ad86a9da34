/**
 * All that the commands write to the terminal, in one place: nothing that others wrote can forge a line of ours, and no
 * failure shows more of an address of the command line than may be shown.
 */
import { inspect } from "node:util";
import { shownWord, withoutKnown } from "../protocol/shown-address.ts";
import { jsonLine, manyLines, oneLine, shownValues } from "../protocol/shown-text.ts";
import { LineSink, type Trouble } from "./line-sink.ts";

/** Where it goes: a command that ends writes as Node does; see `outliveTerminal` for the others. */
let standardOutput = (text: string): void => console.log(text);
let standardError = (text: string): void => console.error(text);

/** Events that may wait for a slow reader of standard output. */
const MOST_OUTPUT = 16 * 1024 * 1024;

/** How it is told that lines came late or never, as a line on standard error. */
type Notice = (text: string, trouble: Trouble) => string;

let notice: Notice = (text) => `listenable: ${text}`;

/**
 * For commands that run until they are told to stop: from now on nothing that becomes of standard output and error ends
 * them or keeps them waiting. They go on without, and say so once they can.
 *
 * @returns to be called when the command is told to stop: from then on it waits for no slow reader.
 */
export function outliveTerminal(): () => void {
  const noticed = (what: string) => (trouble: Trouble) => `${notice(missing(what, trouble), trouble)}\n`;
  const error = new LineSink(process.stderr.fd, { recovered: noticed("standard error") });
  const outputNoticed = noticed("standard output");
  const output = new LineSink(process.stdout.fd, {
    most: MOST_OUTPUT,
    waits: true,
    recovered: (trouble) => void error.write(outputNoticed(trouble)),
  });
  standardError = (text) => error.write(`${text}\n`);
  standardOutput = (text) => output.write(`${text}\n`);
  return () => output.hurry();
}

/** Standard error as a log: lines that are laid out already, and notices among them in a form of their own. */
export function logLines(form: Notice): { write(line: string): void } {
  notice = form;
  return { write: (line) => standardError(line.trimEnd()) };
}

/** What to say of lines that came late or never. */
function missing(what: string, { reason, lost }: Trouble): string {
  const why = reason === undefined ? "was not read" : `could not be written (${reason})`;
  return `${what} ${why} for a while; ${lost === 0 ? "no line is" : lost === 1 ? "1 line is" : `${lost} lines are`} missing`;
}

/**
 * A reader that has read enough is no failure, and ends nothing: the work goes on to its end, in silence. An output that
 * cannot be written for another reason is one, and told.
 */
export function watchOutput(failed: () => void): void {
  let told = false;
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (told || code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return;
    told = true;
    say(`standard output cannot be written: ${message}`);
    failed();
  });
  // Where neither can be written, nobody can be told.
  process.stderr.on("error", () => {});
}

/** A line on standard output. */
export function printLine(text: string): void {
  standardOutput(oneLine(text));
}

/** Lines that we laid out; what others wrote went through `shownValues` or `oneLine` before. */
export function printText(text: string): void {
  standardOutput(manyLines(text));
}

export function printJson(value: unknown): void {
  standardOutput(jsonLine(value));
}

/** A command's result: for programs as one JSON object, for people as it is laid out. */
export function printResult<T>(json: boolean | undefined, result: T, layOut: (result: T) => string): void {
  if (json) printJson(result);
  else printText(layOut(shownValues(result)));
}

/** A line for people on standard error. */
export function say(text: string): void {
  standardError(`listenable: ${oneLine(text)}`);
}

/** Why the command ends, on standard error. */
export function sayFailure(failure: Error, { json = false, debug = false } = {}): void {
  const message = discreet(failure.message);
  if (debug) standardError(stackOf(failure, failure.stack ?? message));
  else if (json) standardError(jsonLine({ error: { name: failure.name, message } }));
  else say(message);
}

/** A mistake of ours that nobody caught: all that is known of it. */
export function sayCrash(problem: unknown): void {
  standardError(
    problem instanceof Error ? stackOf(problem, inspect(problem)) : manyLines(discreet(inspect(problem))),
  );
}

/** What commander says of the command line: words of it are repeated as they may be shown. */
export function shownComplaint(text: string): string {
  // Also what stands behind the = of an option, which is named without it.
  const words = process.argv
    .slice(2)
    .flatMap((word) => [word, word.replace(/^-[^=]*=/, "")])
    .sort((a, b) => b.length - a.length);
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
