// The page while its server is killed, frozen or far: what is heard has no gap and no click, and goes on.
import { basename } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import {
  chaosRig,
  type Fault,
  type FaultReport,
  failuresOf,
  LEAST_JUDGED,
  type Listening,
  tooLittle,
} from "../../tools/chaos/chaos-rig.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
/** Longer than the page waits for an engine that says nothing. */
const SECONDS = { before: 1, fault: 4.5, recorded: 6.5, patience: 0 };

const MOST_AGAIN = 3;

const piecesOf = ({ alignment }: FaultReport) =>
  alignment ? `, ${alignment.unlike} of ${alignment.pieces} pieces not aligned` : "";

async function once(listening: Listening, fault: Fault, pack: string): Promise<FaultReport> {
  const rig = await chaosRig(chromium!, listening, 1, pack);
  try {
    return await rig.run(fault, SECONDS);
  } finally {
    await rig.close();
  }
}

export function chaosTest(
  listening: Listening,
  fault: Fault,
  leastJudged = LEAST_JUDGED,
  pack = TINY_PACK,
): void {
  const name = `server ${fault}, listening to the ${listening}${pack === TINY_PACK ? "" : ` of ${basename(pack)}`}`;
  const body = async () => {
    let report = await once(listening, fault, pack);
    // Where too little could be judged the machine stuttered; where no piece at all fits, not even before the fault, the
    // recorder lost the two sounds' common beginning. Neither says anything of the page.
    const proves = () =>
      tooLittle(report, leastJudged) === undefined && report.alignment?.delays.length !== 0;
    for (let again = 0; again < MOST_AGAIN && !proves(); again++) report = await once(listening, fault, pack);
    console.log(`${name}: ${(100 * report.continuity.judged).toFixed(0)} % judged${piecesOf(report)}`);
    assert.equal(failuresOf(report, leastJudged), []);
  };
  if (chromium === null) test.skip(`${name} (${NO_CHROMIUM})`, body);
  else test(name, body);
}
