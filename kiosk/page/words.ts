/** What the kiosk says of a verdict. */
import { capitalised, className, percent } from "../../client/kit/format.ts";
import { alsoNames, type Verdict } from "../../client/kit/verdict.ts";
import { words } from "../../client/kit/words/words.ts";

/** The large line and the one below it. */
export function verdictLines(verdict: Verdict): readonly [string, string] {
  const { kind, label, probability } = verdict;
  const share = percent(probability);
  switch (kind) {
    case "class": {
      const also = alsoNames(verdict);
      const sentence = also === "" ? words.kiosk.sure(share) : words.kiosk.sureAndAlso(share, also);
      return [capitalised(className(label)), sentence];
    }
    case "other":
      return [words.page.verdict.other, words.kiosk.sure(share)];
    case "unsure":
    case "none":
      return [words.page.verdict[kind], words.kiosk.guess(className(label), share)];
    default:
      return kind satisfies never;
  }
}
