/** Parsers for option values; each names the option's value and what would be right. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ChannelChoice, parseChannelChoice } from "../dsp/channel-choice.ts";
import { DEFAULT_STRIDE } from "../models/explain/signal-explainer.ts";
import { DEFAULT_PACK } from "../models/pack/default-pack.ts";

/** Options that every command has. */
export interface CommonOptions {
  json?: boolean;
  debug?: boolean;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(`"${text}" is not a whole number of 1 or more.`);
  }
  return value;
}

/** 0 or more. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`"${text}" is not a whole number of 0 or more.`);
  }
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError(`"${text}" is not a number above 0.`);
  }
  return value;
}

export function finite(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}

/** From 0 to below 1. */
export function fraction(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1))
    throw new InvalidArgumentError(`"${text}" is not a number from 0 to below 1.`);
  return value;
}

export function positiveIntegers(text: string): number[] {
  return text.split(",").map((part) => positiveInteger(part));
}

export function probability(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError(`"${text}" is not a number from 0 to 1.`);
  return value;
}

/** For options that can be given again: all values in a list. */
export function repeated(text: string, before: string[]): string[] {
  return [...before, text];
}

/** `--pack`, the same for every command that takes one. */
export function packOption(): Option {
  return new Option(
    "--pack <name or dir>",
    "name of a released or added pack, or a folder with a pack.json",
  ).default(DEFAULT_PACK);
}

/** What `--runtime` takes, and the build of onnxruntime that it stands for. */
export const RUNTIMES = { auto: "auto", node: "native", web: "wasm" } as const;

export function runtimeOption(): Option {
  return new Option(
    "--runtime <kind>",
    "onnxruntime-node, onnxruntime-web (WASM), or the first that is installed",
  )
    .choices(Object.keys(RUNTIMES))
    .default("auto");
}

/** `--channel`, wherever sounds of several channels are heard as one. */
export function channelOption(): Option {
  return new Option(
    "--channel <choice>",
    "which channel is heard: mix, best, left, right, or a number from 1. mix is the mean of all; where channels cancel each " +
      "other or hold no sound or only noise, the better ones are taken, and that is told",
  )
    .argParser(channelChoice)
    .default("mix");
}

function channelChoice(text: string): ChannelChoice {
  try {
    return parseChannelChoice(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** `--stride`, of sounds that are explained as a whole. */
export function strideOption(): Option {
  return new Option(
    "--stride <frames>",
    `frames (of 8 ms in the released packs) from one window to the next (default: ${DEFAULT_STRIDE}, or a shorter window); not for streaming packs`,
  ).argParser(positiveInteger);
}

/** Gives every command the common options, whichever file registered it. */
export function addCommonOptions(command: Command): void {
  for (const child of command.commands) addCommonOptions(child);
  if (command.commands.length === 0) commonOptions(command);
}

/** The common options that the command doesn't have yet; one that has subcommands and work of its own calls it itself. */
export function commonOptions(command: Command): void {
  const has = (name: string) => command.options.some((option) => option.long === name);
  if (!has("--json")) command.option("--json", "print the result as one JSON object on standard output");
  if (!has("--debug")) command.option("--debug", "print the stack when something fails");
}
