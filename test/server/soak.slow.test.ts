// The soak, short: that clients of every habit leave the well-behaved and the server as they were.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { runSoak } from "../../tools/soak/run-soak.ts";
import { VISITORS } from "../../tools/soak/visitors.ts";
import { COMMAND } from "../cli/run-cli.ts";

test("20 seconds among all bad habits: nothing is lost, nothing is left behind", async () => {
  const report = await runSoak({
    script: COMMAND,
    pack: `${packageFolder()}/test/fixtures/tiny-pack`,
    seconds: 20,
    sessions: 12,
    seed: 3,
  });
  assert.equal(report.failures, []);
  assert.equal(Object.keys(report.visits).sort(), Object.keys(VISITORS).sort());
  assert.is(report.steady.streams, 6);
  assert.is(report.steady.asked, report.steady.answered + report.steady.dropped);
});

test.run();
