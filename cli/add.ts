/** `listenable add`: a classifier that people have becomes a pack of the user's, found by its name. */
import { type Command, Option } from "commander";
import { type AddPackOptions, addPack, checkName, galleryEntry, sourceOf } from "../lab/gallery/add-pack.ts";
import { GALLERY, type GalleryEntry } from "../lab/gallery/entries.ts";
import { FORMS } from "../lab/import/head.ts";
import { readThresholds } from "../lab/training/thresholds-file.ts";
import { addedPacksFolder } from "../models/pack/added-packs-node.ts";
import { followed } from "./follow.ts";
import type { CommonOptions } from "./options.ts";
import { printJson, printLine, printResult, say } from "./say.ts";
import { mebibytes, table } from "./table.ts";

type AddOptions = CommonOptions &
  Pick<AddPackOptions, "from" | "labels" | "front" | "answers" | "output" | "methods"> & {
    readonly thresholds?: string;
  };

const EXAMPLES = `
Without a name it lists what can be added. The pack is put into your folder for what can be made again (~/.cache/listenable,
or what XDG_CACHE_HOME, LOCALAPPDATA or LISTENABLE_HOME say); page, kiosk, monitor and explain find it there by its name, a server that
runs from its next start on. A published file is taken only when its SHA-256 is the one that is known.

Examples:
  $ listenable add
  $ listenable add yamnet
  $ listenable add yamnet --from yamnet.tflite
  $ listenable add panns-cnn14 --from cnn14.onnx --labels class_labels_indices.csv
  $ listenable explain dog.wav --pack yamnet --out dog
`;

export function registerAdd(program: Command): void {
  program
    .command("add")
    .description("add a classifier by name, as a pack for every other command")
    .argument("[name]", "which one; without, all are listed")
    .option("--from <file or address>", "its file, where there is no network or none is published")
    .option("--labels <file>", "names of its classes: one a line, a JSON list or AudioSet's table")
    .option("--front <words>", "how it is fed, where that differs: ast,emptyFrames=26")
    .addOption(new Option("--answers <form>", "what its classes are, where that differs").choices(FORMS))
    .option("--output <name>", "which output is the answer, where there are several")
    .option(
      "--methods <names>",
      "explanation methods (default: our decoder for it, or else a gradient)",
      (text) => text.split(","),
    )
    .option(
      "--thresholds <file>",
      "what each class is believed from: a JSON file of labels and probabilities",
    )
    .option(
      "--tree <file>",
      "which classes are kinds of others: a JSON object from class to parent, or AudioSet's ontology.json",
    )
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, options: AddOptions) => {
      if (name === undefined) return list(options.json);
      await add(galleryEntry(name), options);
    });
}

async function add(entry: GalleryEntry, options: AddOptions): Promise<void> {
  const thresholds = options.thresholds === undefined ? undefined : await readThresholds(options.thresholds);
  const asked = { ...options, thresholds };
  const from = sourceOf(entry, asked);
  checkName(entry);
  tellLicence(entry);
  say(
    `From ${from}${options.from === undefined && entry.file ? `, ${mebibytes(entry.file.bytes)}` : ""}, to ${addedPacksFolder()}.`,
  );
  const { out, pack, bytes } = await followed((follow) => addPack(entry, asked, follow));
  const methods = pack.methods.map((method) => method.name);
  if (options.json)
    printJson({ name: pack.name, title: pack.title, licence: entry.licence, from, out, bytes, methods });
  else
    printLine(
      `${pack.name}: ${methods.join(", ")}, ${mebibytes(bytes)}, in ${out}; try: listenable explain SOUND --pack ${pack.name} --out explained`,
    );
}

/** Before anything is fetched. */
function tellLicence({ title, publisher, licence, terms, home }: GalleryEntry): void {
  say(`${title}, by ${publisher}: ${home}`);
  say(`Licence: ${licence}.${terms ? ` ${terms}` : ""}`);
}

function list(json: boolean | undefined): void {
  printResult(json, GALLERY, (entries) =>
    table(
      ["name", "what", "licence", "classes", "window", "file"],
      entries.map(({ name, title, licence, classes, seconds, file, needs }) => [
        ...[name, title, licence, String(classes), `${seconds} s`],
        file ? `fetched, ${mebibytes(file.bytes)}` : `--from FILE: ${needs}`,
      ]),
    ),
  );
}
