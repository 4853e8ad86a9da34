/** `listenable packs`: which packs there are, and what becomes of those that were added. */
import type { Command } from "commander";
import {
  addedNames,
  type ListedPack,
  listedPacks,
  removePack,
  verifyPack,
} from "../lab/gallery/added-packs.ts";
import { type CommonOptions, commonOptions } from "./options.ts";
import { printResult } from "./say.ts";
import { mebibytes, table } from "./table.ts";

const EXAMPLES = `
Examples:
  $ listenable packs
  $ listenable packs verify
  $ listenable packs remove yamnet
`;

export function registerPacks(program: Command): void {
  const packs = program
    .command("packs")
    .description("list the packs there are, remove and verify those that were added")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json }: CommonOptions) => printResult(json, await listedPacks(), tableOf));
  commonOptions(packs);
  packs
    .command("remove")
    .description("delete a pack that was added")
    .argument("<names...>", "their names")
    .action(async (names: string[], { json }: CommonOptions) => {
      for (const name of names) await removePack(name);
      printResult(json, { removed: names }, ({ removed }) => `removed: ${removed.join(", ")}`);
    });
  packs
    .command("verify")
    .description("check by their SHA-256 that files of packs are as they were added")
    .argument("[names...]", "their names (default: all that were added)")
    .action(async (names: string[], { json }: CommonOptions) => verify(names, json));
}

async function verify(given: readonly string[], json: boolean | undefined): Promise<void> {
  const names = given.length > 0 ? given : addedNames();
  const checked = await Promise.all(names.map(async (name) => ({ name, problems: await verifyPack(name) })));
  const lines = checked.map(({ name, problems }) => `${name}: ${problems.join("; ") || "as it was added"}`);
  const broken = checked.filter(({ problems }) => problems.length > 0).map(({ name }) => name);
  printResult(json, checked, () => (lines.length > 0 ? lines.join("\n") : "no pack was added"));
  if (broken.length === 0) return;
  throw new Error(
    `not as added: ${broken.join(", ")}; listenable packs remove ${broken.join(" ")}, and add again`,
  );
}

function tableOf(packs: readonly ListedPack[]): string {
  return table(
    ["name", "title", "licence", "size", "from"],
    packs.map(({ name, title = "", licence = "", bytes, released, from = "", added = "", broken }) => [
      ...[name, title, licence, mebibytes(bytes)],
      broken ?? (released ? "comes with Listenable" : `${from}, ${added.slice(0, 10)}`),
    ]),
  );
}
