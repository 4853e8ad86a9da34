/** The packs that a user has added: which there are, whether they are as they were, and gone again. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { addedPacksFolder, listenableHome } from "../../models/pack/added-packs-node.ts";
import { listPacks, openPackFolder, releasedPacksFolder } from "../../models/pack/open-pack-node.ts";
import { UsageError } from "../errors.ts";
import { sumOfFile } from "./fetch-file.ts";

/** Beside `pack.json`: what was added, and how to tell that it is still the same. */
const RECORD = "added.json";
/** What a process that was killed left behind is no other's that still works on it. */
const LEFT_BEHIND_MS = 24 * 60 * 60_000;

const recordSchema = v.object({
  format: v.literal(1),
  /** Of the gallery. */
  entry: v.string(),
  /** Where the classifier's file came from: an address, or the name of a user's file. */
  from: v.string(),
  /** Of that file. */
  sha256: v.string(),
  added: v.string(),
  /** SHA-256 of each file of the pack, by its name. */
  files: v.record(v.string(), v.string()),
});

export type AddedRecord = v.InferOutput<typeof recordSchema>;

export interface ListedPack {
  readonly name: string;
  readonly folder: string;
  /** Whether it comes with Listenable; the others were added. */
  readonly released: boolean;
  readonly bytes: number;
  readonly title?: string | undefined;
  readonly licence?: string | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly added?: string | undefined;
  /** Why it cannot be used. */
  readonly broken?: string | undefined;
}

/** The released packs and those that were added. */
export async function listedPacks(home = listenableHome()): Promise<ListedPack[]> {
  const released = releasedPacksFolder();
  const own = addedPacksFolder(home);
  const listed = [released, own].flatMap((folder) =>
    listPacks(folder).map((name) => describe(join(folder, name), folder === released)),
  );
  return Promise.all(listed);
}

async function describe(folder: string, released: boolean): Promise<ListedPack> {
  const name = basename(folder);
  const listed = { name, folder, released, bytes: await bytesOf(folder) };
  try {
    const { pack } = await openPackFolder(folder);
    const { title, licence, methods } = pack;
    const record = released ? undefined : await recordOf(folder);
    const names = methods.map((method) => method.name);
    return { ...listed, title, licence, methods: names, from: record?.from, added: record?.added };
  } catch (error) {
    return { ...listed, broken: (error as Error).message };
  }
}

/** Deletes a pack that was added. @throws UsageError where there is none, or one that comes with Listenable. */
export async function removePack(name: string, home = listenableHome()): Promise<void> {
  const folder = addedFolder(name, home);
  // Gone at once for everybody who looks, however long deleting takes.
  const work = await workFolder(home, `removed-${name}`);
  try {
    await rename(folder, join(work, "pack"));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Whether each file of a pack that was added is as it was then.
 *
 * @returns what is not, a sentence each; none when all is well.
 * @throws UsageError as `removePack`.
 */
export async function verifyPack(name: string, home = listenableHome()): Promise<string[]> {
  const folder = addedFolder(name, home);
  let record: AddedRecord;
  try {
    record = await recordOf(folder);
    await openPackFolder(folder);
  } catch (error) {
    return [(error as Error).message];
  }
  const checked = Object.entries(record.files).map(async ([file, sha256]) => {
    const now = await sumOfFile(join(folder, file)).catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof now === "object" && now.sha256 === sha256) return [];
    return [now === "ENOENT" ? `${file} is missing` : `${file} is not as it was added`];
  });
  return (await Promise.all(checked)).flat();
}

export function addedNames(home = listenableHome()): string[] {
  return listPacks(addedPacksFolder(home));
}

function addedFolder(name: string, home: string): string {
  if (addedNames(home).includes(name)) return join(addedPacksFolder(home), name);
  if (listPacks(releasedPacksFolder()).includes(name)) {
    throw new UsageError(
      `"${name}" comes with Listenable: what is not added is neither removed nor verified`,
    );
  }
  const names = addedNames(home).join(", ");
  throw new UsageError(`no pack "${name}" was added; ${names ? `there is: ${names}` : "there is none"}`);
}

/** Writes what is needed to tell later that the pack in the folder is the same. */
export async function writeRecord(
  folder: string,
  { entry, from, sha256 }: Pick<AddedRecord, "entry" | "from" | "sha256">,
): Promise<void> {
  const names = (await readdir(folder)).sort();
  const sums = await Promise.all(
    names.map(async (name) => [name, (await sumOfFile(join(folder, name))).sha256]),
  );
  const files = Object.fromEntries(sums) as Record<string, string>;
  const record: AddedRecord = { format: 1, entry, from, sha256, added: new Date().toISOString(), files };
  await writeFile(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

async function recordOf(folder: string): Promise<AddedRecord> {
  const path = join(folder, RECORD);
  try {
    return v.parse(recordSchema, JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new Error(
      `${path} is missing or broken: listenable packs remove ${basename(folder)}, and add it again`,
      {
        cause,
      },
    );
  }
}

/**
 * A folder of this process alone, on the same disk as the packs, so that what is made in it can be put in its place at
 * once. Those of processes that were killed are deleted after a day.
 *
 * @throws Error that names the folder when nothing can be written there.
 */
export async function workFolder(home: string, name: string): Promise<string> {
  const all = join(home, "adding");
  try {
    await mkdir(all, { recursive: true });
    for (const each of await readdir(all)) {
      const path = join(all, each);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > LEFT_BEHIND_MS) await rm(path, { recursive: true, force: true });
    }
    return await mkdtemp(join(all, `${name}-`));
  } catch (cause) {
    throw new Error(
      `nothing can be written into ${home} (${(cause as NodeJS.ErrnoException).code}): make room, or name another folder in ` +
        "LISTENABLE_HOME",
      { cause },
    );
  }
}

async function bytesOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
