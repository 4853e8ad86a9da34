/** From a name of the gallery to a pack that every command finds by that name. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { addedPacksFolder, listenableHome } from "../../models/pack/added-packs-node.ts";
import { listPacks, packageFolder, releasedPacksFolder } from "../../models/pack/open-pack-node.ts";
import { shownAddress } from "../../protocol/shown-address.ts";
import { UsageError } from "../errors.ts";
import type { Form } from "../import/head.ts";
import { type PackedClassifier, packClassifier } from "../packing/pack-classifier.ts";
import { loadRun } from "../training/weights-file.ts";
import { addedNames, workFolder, writeRecord } from "./added-packs.ts";
import { GALLERY, type GalleryEntry } from "./entries.ts";
import { checkFile, type FetchOptions, fetchFile } from "./fetch-file.ts";

export interface AddPackOptions {
  /** The classifier's file, or an address of it; its publisher's without. */
  readonly from?: string | undefined;
  /** A file with the names of its classes; those in the classifier's file without. */
  readonly labels?: string | undefined;
  /** How it is fed, where that differs: as `--front` of `pack`. */
  readonly front?: string | undefined;
  readonly answers?: Form | undefined;
  readonly output?: string | undefined;
  /** Explanation methods; our decoder, or else the entry's, without. */
  readonly methods?: readonly string[] | undefined;
  /** A threshold by class, of those classes whose threshold is not a half. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  /** Which classes are kinds of others, as `pack --tree` takes it. */
  readonly tree?: string | undefined;
  /** Where packs are added. */
  readonly home?: string | undefined;
  /** Where our decoders lie, each in a folder named after its entry. */
  readonly decoders?: string | undefined;
}

export interface AddedPack extends PackedClassifier {
  readonly from: string;
}

/** @throws UsageError that lists what there is. */
export function galleryEntry(name: string, entries = GALLERY): GalleryEntry {
  const entry = entries.find((each) => each.name === name);
  if (entry) return entry;
  throw new UsageError(
    `there is no "${name}" in the gallery; there is: ${entries.map((each) => each.name).join(", ")}. ` +
      "listenable pack takes any other classifier from its file",
  );
}

/**
 * Where the classifier's file comes from, as it may be shown.
 *
 * @throws UsageError for what the user has to bring, and has not.
 */
export function sourceOf(
  { title, file, needs, home, labels: names }: GalleryEntry,
  options: AddPackOptions,
): string {
  const { from, labels } = options;
  if (from === undefined && !file) {
    const and = names === undefined || labels !== undefined ? "" : `, and --labels FILE, with ${names}`;
    throw new UsageError(`${title} has to be brought: --from FILE, with ${needs} (${home})${and}`);
  }
  if (names !== undefined && labels === undefined) {
    throw new UsageError(`--labels is missing: the names of the classes of ${title}, from ${names}`);
  }
  if (from === undefined || !isAddress(from)) return from ?? file!.address;
  if (!URL.canParse(from))
    throw new UsageError(`--from ${shownAddress(from)} is no address that can be fetched`);
  return shownAddress(from);
}

/** @throws UsageError for a name that is taken. */
export function checkName({ name }: GalleryEntry, home = listenableHome()): void {
  if (listPacks(releasedPacksFolder()).includes(name)) {
    throw new UsageError(`"${name}" is a pack that comes with Listenable`);
  }
  if (addedNames(home).includes(name)) throw alreadyThere(name);
}

function alreadyThere(name: string): UsageError {
  return new UsageError(`"${name}" was added already: listenable packs remove ${name}, to add it anew`);
}

/**
 * Adds a pack as a whole, or nothing: it is made in a folder of its own and put in its place at the end.
 *
 * @throws UsageError for what was asked for wrongly; Error that says why it cannot be had.
 */
export async function addPack(
  entry: GalleryEntry,
  options: AddPackOptions = {},
  follow: FetchOptions = {},
): Promise<AddedPack> {
  const { home = listenableHome() } = options;
  const { onNotice = () => {}, signal } = follow;
  const shown = sourceOf(entry, options);
  checkName(entry, home);
  const work = await workFolder(home, entry.name);
  try {
    const { file, sha256 } = await classifierFile(entry, options, work, { ...follow, shown });
    const decoders = await decodersFor(entry, options, sha256, onNotice);
    const out = join(work, "pack");
    const packed = await packClassifier(
      {
        file,
        out,
        ...{ name: entry.name, title: entry.title, licence: entry.licence, decoders },
        ...{ front: options.front ?? entry.front, answers: options.answers ?? entry.answers },
        ...{ labels: options.labels, output: options.output },
        ...{ thresholds: options.thresholds, tree: options.tree },
        methods: options.methods ?? (decoders.length > 0 ? undefined : entry.methods),
      },
      follow,
    );
    if (!("pack" in packed)) throw new Error(`${entry.name}: its decoder was not trained to the end`);
    const from = options.from !== undefined && !isAddress(options.from) ? basename(options.from) : shown;
    await writeFile(join(out, "README.md"), readme(entry, from, sha256));
    await writeRecord(out, { entry: entry.name, from, sha256 });
    signal?.throwIfAborted();
    return { ...packed, from, out: await putInPlace(out, entry.name, home) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The classifier's file, checked: the user's where it lies, or fetched. */
async function classifierFile(
  { file: published }: GalleryEntry,
  { from = published?.address ?? "" }: AddPackOptions,
  work: string,
  follow: FetchOptions,
): Promise<{ file: string; sha256: string }> {
  if (!isAddress(from)) return { file: from, sha256: await checkFile(from, published) };
  const name = basename(new URL(from).pathname);
  const file = join(work, /^[\w.-]+$/.test(name) && name !== "pack" ? name : "classifier");
  return { file, sha256: await fetchFile(from, file, published, follow) };
}

/** The folder of our decoder for the entry, if there is one for this very file. */
async function decodersFor(
  { name, title }: GalleryEntry,
  { decoders = join(packageFolder(), "models", "decoders"), methods }: AddPackOptions,
  sha256: string,
  onNotice: (sentence: string) => void,
): Promise<readonly string[]> {
  const folder = join(decoders, name);
  if (methods !== undefined || !existsSync(join(folder, "weights.bin"))) return [];
  const { meta } = await loadRun(folder);
  if (meta.settings["classifier"] === sha256) return [folder];
  onNotice(`The decoder that comes with Listenable is for another file of ${title}, and is left out.`);
  return [];
}

/** @returns where it lies now. @throws UsageError when somebody else was quicker. */
async function putInPlace(made: string, name: string, home: string): Promise<string> {
  const packs = addedPacksFolder(home);
  const place = join(packs, name);
  await mkdir(packs, { recursive: true });
  try {
    await rename(made, place);
  } catch (error) {
    if (existsSync(join(place, "pack.json"))) throw alreadyThere(name);
    throw error;
  }
  return place;
}

function isAddress(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

/** Whose it is, and what was done to it: their licences ask for that. */
function readme(entry: GalleryEntry, from: string, sha256: string): string {
  const { name, title, publisher, licence, terms, home } = entry;
  return [
    `# ${title}`,
    "",
    `By ${publisher}, ${home}. Licence: ${licence}.${terms ? ` ${terms}` : ""}`,
    "",
    `Made on this machine by \`listenable add ${name}\` from ${from} (SHA-256 ${sha256}). The classifier's network was written anew`,
    "as ONNX graphs, with what feeds it and explanation methods added; its trained weights are its publisher's.",
    "",
  ].join("\n");
}
