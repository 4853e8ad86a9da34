// `listenable monitor` itself, killed at any moment; fifty times in killed.full.test.ts.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { killAgainAndAgain } from "./killed-monitor.ts";

test("whenever the monitor is killed, all events of all files are kept in the end, whole and once", async () => {
  const { amongEvents, events, kills } = await killAgainAndAgain(3, { filesARound: 1, seed: 3 });
  assert.is(events, 2 * kills);
  assert.ok(amongEvents > 0, "no kill fell among events");
});

test.run();
