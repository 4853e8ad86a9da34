import type { Command } from "commander";
import { packageVersion } from "../models/pack/open-pack-node.ts";
import type { CommonOptions } from "./options.ts";
import { printResult } from "./say.ts";

export function registerVersion(program: Command): void {
  program
    .command("version")
    .description("print the versions of listenable and Node, and the kind of machine")
    .addHelpText("after", "\nExamples:\n  $ listenable version\n  $ listenable version --json\n")
    .action((options: CommonOptions) => {
      const facts = {
        listenable: packageVersion(),
        node: process.versions.node,
        platform: `${process.platform} ${process.arch}`,
      };
      printResult(options.json, facts, (shown) =>
        Object.entries(shown)
          .map(([name, value]) => `${name} ${value}`)
          .join("\n"),
      );
    });
}
