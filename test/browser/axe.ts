/**
 * What axe-core finds wrong with a page by the rules of WCAG 2.0, 2.1 and 2.2, levels A and AA. Any browser test checks
 * what it has opened by one line: `await assertAccessible(page, "what it shows")`.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** As much of axe-core's result as is told. */
interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
  }[];
}

interface AxeWindow {
  readonly axe: { run(context: Document, options: unknown): Promise<AxeResults> };
}

let source: string | undefined;

/** Fails with each rule that is broken, where, and how; `except` names rules of axe-core that do not apply, for a reason. */
export async function assertAccessible(
  page: Page,
  what: string,
  except: readonly string[] = [],
): Promise<void> {
  source ??= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Through the debugger, where no content policy applies.
  await page.evaluate(source);
  const { violations } = await page.evaluate((tags) => {
    const { axe } = globalThis as unknown as AxeWindow;
    return axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  }, TAGS);
  const broken = violations.filter(({ id }) => !except.includes(id));
  const lines = broken.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary = "" }) =>
        `${id}: ${help}: ${target.flat().join(" ")}: ${failureSummary.replaceAll(/\s+/g, " ")}`,
    ),
  );
  assert.equal(lines, [], `${what} breaks WCAG`);
}
