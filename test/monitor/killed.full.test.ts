// `listenable monitor` itself, killed fifty times at any moment.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { killAgainAndAgain } from "./killed-monitor.ts";

test("killed fifty times, the monitor keeps all events of all files, whole and once", async () => {
  const report = await killAgainAndAgain(50, { filesARound: 2, seed: 11 });
  console.log(`killed monitor: ${JSON.stringify(report)}`);
  assert.is(report.events, 200);
  // Otherwise the kills all fell where nothing was at stake.
  assert.ok(report.amongEvents > 10 && report.leftOver > 0);
});

test.run();
