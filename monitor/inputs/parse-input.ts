/** The words of the command line as inputs. */
import { existsSync, type Stats, statSync } from "node:fs";
import { basename, extname } from "node:path";
import { SOUND_FILE } from "../../models/sound/find-sound-files-node.ts";
import { shownAddress, shownWord } from "../../protocol/shown-address.ts";
import { deviceArguments, type FfmpegOptions, ffmpegInput, streamArguments } from "./ffmpeg-input.ts";
import { type FolderOptions, fileInput, folderInput } from "./file-input.ts";
import type { Input } from "./input.ts";
import { type PcmOptions, stdinInput } from "./stdin-input.ts";

/** A word that is no input; the message says what would be one. */
export class InputError extends Error {
  override name = "InputError";
}

export interface InputOptions {
  readonly pcm: PcmOptions;
  readonly folder: FolderOptions;
  readonly ffmpeg: FfmpegOptions;
}

/**
 * Each word is a file, a folder, `-`, an address or `device:NAME`, with `NAME=` before it to give it a name.
 *
 * @throws InputError that names the word.
 */
export function parseInputs(words: readonly string[], options: InputOptions): Input[] {
  const taken = new Set<string>();
  const takenBefore = new Set<string>();
  const inputs = words.map((word) => {
    const [given, source] = splitName(word);
    const name = uniqueName(given ?? usualName(source), taken);
    if (given !== undefined && name !== given) {
      throw new InputError(
        `two inputs have the name ${given}: give each its own, as in yard=a.wav street=b.wav`,
      );
    }
    const before = uniqueName(given ?? plainName(namedAfterPath(source)), takenBefore);
    const input = parseInput(name, source, options);
    return before === name ? input : { ...input, formerly: before };
  });
  if (inputs.filter(({ source }) => source === "standard input").length > 1) {
    throw new InputError("standard input (-) can be one input only");
  }
  return inputs;
}

function parseInput(name: string, source: string, options: InputOptions): Input {
  try {
    if (source === "-") return stdinInput(name, options.pcm);
    if (source.startsWith("device:")) {
      return ffmpegInput(name, source, deviceArguments(source.slice("device:".length)), options.ffmpeg);
    }
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) {
      return ffmpegInput(
        name,
        source,
        streamArguments(source, (options.ffmpeg.followTo?.length ?? 0) > 0),
        options.ffmpeg,
      );
    }
  } catch (cause) {
    throw new InputError((cause as Error).message, { cause });
  }
  const facts = factsOf(source);
  // A disk that is not there yet, as after a power cut: what is watched is waited for, unless it is a slip of an address.
  const awaited =
    options.folder.watch === true && !SOUND_FILE.test(source) && !/^[a-z][a-z0-9+.-]+:|@/i.test(source);
  if (!facts && !awaited) {
    throw new InputError(
      `there is no file or folder ${shownWord(source)}; an input is a file, a folder, - (standard input), ` +
        "an address such as http://host/stream, or device:NAME",
    );
  }
  return facts && !facts.isDirectory()
    ? fileInput(name, source, options.folder)
    : folderInput(name, source, options.folder);
}

function factsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder above it may not be read.
    return undefined;
  }
}

function splitName(word: string): [string | undefined, string] {
  const match = /^([\p{L}\p{N}][\p{L}\p{N} _.-]{0,39})=(.+)$/u.exec(word);
  // A file may have such a name of its own.
  return match && !existsSync(word) ? [match[1].normalize(), match[2]] : [undefined, word];
}

/** Names stand in addresses and topics, so nothing but letters, digits, spaces and dashes is taken from a source. */
function usualName(source: string): string {
  return plainName(namedAfter(source));
}

function plainName(text: string): string {
  const name = text
    .normalize()
    .replace(/[^\p{L}\p{N}_-]+/gu, "-")
    .replace(/^[-_]+|-+$/g, "");
  return name === "" ? "input" : name.slice(0, 40);
}

function namedAfter(source: string): string {
  if (source === "-") return "stdin";
  if (source.startsWith("device:")) return source.slice("device:".length);
  // The machine's name: what stands in the path may be the key of a stream.
  if (source.includes("://")) return /:\/\/(\[[^\]]+\]|[^/:…]+)/.exec(shownAddress(source))?.[1] ?? "stream";
  return basename(source, extname(source));
}

/** As names of addresses were made before: see `Input.formerly`. */
function namedAfterPath(source: string): string {
  if (!source.includes("://") || !URL.canParse(source)) return namedAfter(source);
  const { hostname, pathname } = new URL(source);
  return basename(pathname, extname(pathname)) || hostname;
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let n = 2; taken.has(unique); n++) unique = `${name}-${n}`;
  taken.add(unique);
  return unique;
}
