/** `listenable evaluate`: what a pack's classifier knows, and how faithful its explanations are. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { loadSoundSet } from "../models/data/sound-sets.ts";
import { CONTAMINATIONS, type Contamination } from "../models/evaluation/contamination.ts";
import { evaluate } from "../models/evaluation/evaluate.ts";
import { evaluationMarkdown } from "../models/evaluation/tables.ts";
import { loadMethod } from "../models/runtime/load-method.ts";
import { findPack, openPackFolder } from "../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../models/runtime/runtime-node.ts";
import { UsageError } from "./errors.ts";
import { type CommonOptions, packOption, positiveInteger } from "./options.ts";
import { showProgress } from "./progress.ts";

interface EvaluateOptions extends CommonOptions {
  data: string;
  fold: number;
  speech?: string;
  pack: string;
  methods: string[];
  contamination: Contamination[];
  only?: string[];
  seed: number;
  out: string;
}

const EXAMPLES = `
Writes table.md and table.json into DIR. Windows start every half second, where the sound is within
30 dB of its loudest window. Unknown classes that the pack's card says were heard in training are left
out of the unknown windows.

Examples:
  $ listenable evaluate --data ESC-50 --fold 4 --speech sentences --out results
  $ listenable evaluate --data ESC-50 --fold 4 --methods lmac --contamination mixtures --seed 7 --out results
`;

export function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a pack on labelled sounds")
    .requiredOption("--data <dir>", "ESC-50 in its official layout")
    .requiredOption(
      "--fold <n>",
      "the fold to measure on, one that the pack was not trained on",
      positiveInteger,
    )
    .requiredOption("--out <dir>", "folder for the tables")
    .option("--speech <dir>", "folder of spoken sentences")
    .addOption(packOption())
    .option("--methods <list>", "methods of the pack, or all", (text) => text.split(","), ["all"])
    .option("--contamination <list>", `${CONTAMINATIONS.join(", ")}, or all`, contaminations, [
      "clean",
      "mixtures",
    ])
    .option("--only <list>", "of the unknown categories, judge only these", (text) => text.split(","))
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .addHelpText("after", EXAMPLES)
    .action(runEvaluate);
}

async function runEvaluate(options: EvaluateOptions): Promise<void> {
  const { pack, graph } = await openPackFolder(findPack(options.pack));
  if (options.contamination.includes("speech") && options.speech === undefined) {
    throw new UsageError("--contamination speech needs --speech, a folder of spoken sentences");
  }
  const loading = showProgress("sounds", 1);
  const set = await loadSoundSet({
    data: options.data,
    folds: [options.fold],
    speech: options.speech,
    freeOnly: false,
    without: [],
    onProgress: (done, total) => {
      loading.setTotal(total);
      loading.update(done);
    },
  });
  loading.end();
  for (const line of set.skipped) console.error(`listenable: left out: ${line}`);
  const { only } = options;
  const sounds = only
    ? set.sounds.filter(({ label }) => pack.labels.includes(label) || only.includes(label))
    : set.sounds;

  const runtime = await nodeRuntime({ log: (line) => console.error(`listenable: ${line}`) });
  const names = options.methods.includes("all") ? pack.methods.map(({ name }) => name) : options.methods;
  const methods = await Promise.all(
    names.map(async (name) => loadMethod(runtime, await graph(name), pack, name)),
  );
  const plain = pack.methods.find(({ name }) => name === "all-ones") ?? pack.methods[0];
  const classifier = await loadMethod(runtime, await graph(plain.name), pack, plain.name);
  const progress = showProgress("evaluate", 1);
  const result = await evaluate({
    sounds,
    methods,
    classifier,
    settings: options.contamination,
    heardCategories: pack.heardCategories ?? [],
    seed: options.seed,
    onProgress: (done, total, what) => {
      progress.setTotal(total);
      progress.update(done, `· ${what}`);
    },
  });
  progress.end();
  await mkdir(options.out, { recursive: true });
  const record = {
    pack: { name: pack.name, version: pack.version },
    data: options.data,
    fold: options.fold,
    seed: options.seed,
    runtime: runtime.description,
    skipped: set.skipped,
    ...result,
  };
  await writeFile(join(options.out, "table.json"), `${JSON.stringify(record, null, 1)}\n`);
  const markdown = evaluationMarkdown(result);
  await writeFile(
    join(options.out, "table.md"),
    `Seed ${options.seed}, fold ${options.fold}, pack ${pack.name} ${pack.version}.\n\n${markdown}`,
  );
  console.log(options.json ? JSON.stringify(record) : markdown);
}

function contaminations(text: string): Contamination[] {
  if (text === "all") return [...CONTAMINATIONS];
  return text.split(",").map((name) => {
    const found = CONTAMINATIONS.find((each) => each === name);
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${CONTAMINATIONS.join(", ")}.`);
    return found;
  });
}
