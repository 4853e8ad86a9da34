/** `listenable medians`: the tables of several seeds as one. */
import type { Command } from "commander";
import { medians } from "../lab/evaluation/medians.ts";
import type { CommonOptions } from "./options.ts";
import { printResult } from "./say.ts";

const EXAMPLES = `
RESULTS are folders that listenable evaluate wrote, of the same sounds with packs that differ in the seed of their training.
Writes medians.md and medians.json: every figure's median, and each result's own beside it.

Examples:
  $ listenable evaluate --pack pack-1 --data ESC-50 --fold 4 --out results/1
  $ listenable medians results/1 results/2 results/3 --out results/medians
`;

export function registerMedians(program: Command): void {
  program
    .command("medians")
    .description("the median of several evaluations, each one's own figures beside it")
    .argument("<results...>", "folders, or their table.json")
    .requiredOption("--out <dir>", "folder for the tables")
    .addHelpText("after", EXAMPLES)
    .action(async (results: string[], options: CommonOptions & { out: string }) => {
      const { markdown, ...tables } = await medians(results, options.out);
      printResult(options.json, { out: options.out, ...tables }, () => markdown);
    });
}
