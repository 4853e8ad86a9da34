/**
 * Which sounds a pack's trainings have heard: `heard.json` beside its `pack.json`, told by their samples (`soundHash`). It is
 * for whoever judges the pack: no page, server or monitor reads it, `pack.json` doesn't name it, and a pack may be without.
 */
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { PackError } from "../../models/pack/pack.ts";

export const HEARD_FILE = "heard.json";

/** Of a hash's 8: among ten thousand sounds that are new to a pack of some thousand, one in ten million is taken for heard. */
const KEPT_BYTES = 6;
const DIGITS = 2 * KEPT_BYTES;

/** A training of a pack, and what it says of the sounds that it heard. */
export interface TrainingHeard {
  /** "classifier", or the name of the method whose weights they are. */
  readonly name: string;
  /** `soundHash` of every sound; absent where the training doesn't say. */
  readonly heard?: readonly string[] | undefined;
}

const fileSchema = v.object({
  format: v.literal(1),
  /** The pack's weights, as `contentOf` has them. */
  of: v.string(),
  /** Trainings that don't say what they heard; absent where all do. */
  unknown: v.optional(v.array(v.string())),
  count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The beginnings of the hashes, ascending, one after the other in base64. */
  sounds: v.pipe(v.string(), v.base64()),
});

/** What a pack says of the sounds that it has heard. */
export class HeardSounds {
  constructor(
    private readonly beginnings: ReadonlySet<string>,
    /** Its trainings that don't say what they heard. */
    readonly unknown: readonly string[],
  ) {}

  get size(): number {
    return this.beginnings.size;
  }

  /** @param hash `soundHash` of the sound, the mean of its channels at the pack's rate. */
  has(hash: string): boolean {
    return this.beginnings.has(hash.slice(0, DIGITS));
  }
}

/**
 * Writes the file for the pack that lies in the folder. Where no training says what it heard there is none, nor that of a pack
 * that lay there before.
 */
export async function writeHeard(folder: string, trainings: readonly TrainingHeard[]): Promise<void> {
  const path = join(folder, HEARD_FILE);
  const unknown = trainings.flatMap(({ name, heard }) => (heard ? [] : [name]));
  if (unknown.length === trainings.length) return rm(path, { force: true });
  const hashes = trainings.flatMap(({ heard = [] }) => heard.map((hash) => hash.slice(0, DIGITS)));
  const sorted = [...new Set(hashes)].sort();
  const file: v.InferInput<typeof fileSchema> = {
    format: 1,
    of: await contentOf(await openPackFolder(folder)),
    ...(unknown.length > 0 && { unknown: [...new Set(unknown)] }),
    count: sorted.length,
    sounds: Buffer.from(sorted.join(""), "hex").toString("base64"),
  };
  await writeFile(path, `${JSON.stringify(file, null, 1)}\n`);
}

/** @returns undefined for a pack that doesn't say it. @throws PackError that names the file where it is broken or another pack's. */
export async function readHeard(opened: OpenPack): Promise<HeardSounds | undefined> {
  const bytes = await opened.file(HEARD_FILE).catch((error: Error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  const source = `${opened.source.replace(/[/\\]$/, "")}/${HEARD_FILE}`;
  const broken = (what: string, cause?: unknown) =>
    new PackError(
      `${source} ${what}: build the pack again, or take it from where the pack is from`,
      "model-broken",
      {
        cause,
      },
    );
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw broken(`is not JSON (${(cause as Error).message})`, cause);
  }
  const parsed = v.safeParse(fileSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw broken(
      `doesn't say which sounds the pack has heard (${v.getDotPath(issue) ?? "(root)"}: ${issue.message})`,
    );
  }
  const { of, unknown = [], count, sounds } = parsed.output;
  const hex = Buffer.from(sounds, "base64").toString("hex");
  const beginnings = new Set(hex.match(new RegExp(`.{${DIGITS}}`, "g")));
  if (hex.length !== DIGITS * count || beginnings.size !== count) {
    throw broken(`holds ${beginnings.size} sounds where it says ${count}`);
  }
  if (of !== (await contentOf(opened))) throw broken("is of other weights than the pack's");
  return new HeardSounds(beginnings, unknown);
}

/** A folder without the file, or a server that doesn't offer it. */
function isAbsent(error: Error): boolean {
  const { cause } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return error instanceof PackError && error.code === "model-missing" && (!cause || code === "ENOENT");
}

/** The default method's graph and its weights: another training gives others. */
async function contentOf(opened: OpenPack): Promise<string> {
  const { bytes, weights } = await opened.graph();
  const hash = createHash("sha256").update(bytes);
  for (const [, more] of weights) hash.update(more);
  return hash.digest("hex").slice(0, 16);
}
