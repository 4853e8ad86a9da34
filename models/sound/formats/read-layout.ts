/** The readers of uncompressed kinds, by kind. Runs in browsers too. */
import type { ByteSource } from "../../../dsp/index.ts";
import { readAiff } from "./aiff.ts";
import { readAu } from "./au.ts";
import { readCaf } from "./caf.ts";
import type { LayoutKind } from "./kinds.ts";
import type { Layout } from "./layout.ts";
import { readWave } from "./wave.ts";

const READERS: Record<LayoutKind, (source: ByteSource, name: string) => Layout> = {
  wav: readWave,
  aiff: readAiff,
  caf: readCaf,
  au: readAu,
};

/** Where the samples are and what they are; `name` is named in errors. Throws a WavError that says what is wrong. */
export function readLayout(kind: LayoutKind, source: ByteSource, name: string): Layout {
  return READERS[kind](source, name);
}
