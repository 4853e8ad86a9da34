/** What the kiosk says of a verdict. */
import { capitalised, className, percent } from "../../client/kit/format.ts";
import type { Verdict } from "../../client/kit/verdict.ts";
import { words } from "../../client/kit/words/words.ts";

/** The large line and the one below it. */
export function verdictLines({ kind, label, probability }: Verdict): readonly [string, string] {
  const share = percent(probability);
  switch (kind) {
    case "class":
      return [capitalised(className(label)), words.kiosk.sure(share)];
    case "other":
      return [words.page.verdict.other, words.kiosk.sure(share)];
    case "unsure":
      return [words.page.verdict.unsure, words.kiosk.guess(className(label), share)];
    default:
      return kind satisfies never;
  }
}
