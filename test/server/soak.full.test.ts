// The soak, long enough for resident memory to be judged, with the released pack on a machine that does nothing else.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findPack } from "../../models/pack/open-pack-node.ts";
import { IDLE_SHARE } from "../../tools/soak/other-work.ts";
import { runSoak } from "../../tools/soak/run-soak.ts";
import { COMMAND } from "../cli/run-cli.ts";

test("six minutes among all bad habits: nothing is lost, all masks are right, 99 % are answered", async () => {
  const report = await runSoak({
    script: COMMAND,
    pack: findPack("esc10-speech"),
    seconds: 360,
    sessions: 12,
    seed: 5,
  });
  const { steady, masks, otherWork, failures } = report;
  const share = ((100 * steady.answered) / steady.asked).toFixed(2);
  const others = otherWork === null ? Number.NaN : otherWork;
  const judged = others <= IDLE_SHARE ? "judged" : "not judged, as the machine was not idle";
  console.log(
    `soak: ${steady.answered} of ${steady.asked} windows answered (${share} %; ${judged}: others had ` +
      `${(100 * others).toFixed(0)} %), ${masks.compared} masks compared, at most ${masks.largestSteps} of 255 apart`,
  );
  assert.equal(failures, []);
  assert.ok(masks.compared > 200, `${masks.compared} masks`);
});

test.run();
