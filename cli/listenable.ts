#!/usr/bin/env node
import { Command, CommanderError } from "commander";
/** The `listenable` command: puts the subcommands together and turns errors into exit statuses. */
import { packageVersion } from "../models/pack/open-pack-node.ts";
import { registerAdd } from "./add.ts";
import { registerBench } from "./bench.ts";
import { registerCheckFront } from "./check-front.ts";
import {
  EXIT_FAILED,
  EXIT_FINE,
  EXIT_INTERRUPTED,
  EXIT_MISUSED,
  InterruptedError,
  UsageError,
} from "./errors.ts";
import { registerEvaluate } from "./evaluate.ts";
import { registerExplain } from "./explain.ts";
import { registerMedians } from "./medians.ts";
import { registerMonitor } from "./monitor.ts";
import { addCommonOptions } from "./options.ts";
import { registerPack } from "./pack.ts";
import { registerPacks } from "./packs.ts";
import { sayCrash, sayFailure, shownComplaint, watchOutput } from "./say.ts";
import { registerServe } from "./serve.ts";
import { registerStudy } from "./study.ts";
import { registerTrain } from "./train.ts";
import { registerVersion } from "./version.ts";

function buildProgram(): Command {
  const program = new Command("listenable")
    .description("Hear, in near real time, the part of a sound that made an audio classifier decide.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    // The program's --version ends where the command begins: `pack --version 1.2` names the pack's.
    .enablePositionalOptions()
    .showHelpAfterError("(add --help for the options and examples)")
    .configureOutput({ outputError: (text, write) => write(shownComplaint(text)) })
    .exitOverride();
  const register = [
    registerServe,
    registerExplain,
    registerMonitor,
    registerTrain,
    registerEvaluate,
    registerMedians,
    registerPack,
    registerAdd,
    registerPacks,
    registerCheckFront,
    registerBench,
    registerStudy,
    registerVersion,
  ];
  for (const each of register) each(program);
  addCommonOptions(program);
  return program;
}

/** Reports a failure in one line (or one JSON object) and returns the exit status. */
function report(error: unknown, json: boolean, debug: boolean): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_FINE : EXIT_MISUSED;
  const failure = error instanceof Error ? error : new Error(String(error));
  const status = statusOf(failure);
  sayFailure(failure, { json, debug });
  return status;
}

function statusOf(failure: Error): number {
  if (failure instanceof UsageError) return EXIT_MISUSED;
  return failure instanceof InterruptedError ? EXIT_INTERRUPTED : EXIT_FAILED;
}

process.on("uncaughtException", (problem) => {
  sayCrash(problem);
  process.exit(EXIT_FAILED);
});

watchOutput(() => {
  process.exitCode ||= EXIT_FAILED;
});

const words = process.argv.slice(2);
try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, words.includes("--json"), words.includes("--debug"));
}
