// The siege, short: while one address takes all that it can get, another one is answered, and refusals hardly fill the log.
import { platform } from "node:os";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runSiege } from "../../tools/siege/run-siege.ts";
import { COMMAND, TINY_PACK } from "../cli/run-cli.ts";

test("all 1,024 connections and 300 refused handshakes of one address: another one is answered each time", async () => {
  // Only Linux has the addresses.
  if (platform() !== "linux") return;
  const sizes = { connections: 1_100, requests: 60, handshakes: 300 };
  const report = await runSiege({ script: COMMAND, pack: TINY_PACK, ...sizes });
  assert.equal(report.requests, { asked: 60, answered: 60 });
  assert.ok(report.connections.held <= 640, `${report.connections.held} held`);
  assert.ok(report.connections.held >= 500);
  assert.is(report.handshakes.refused, 300);
  // Whole, 300 refusals of 12 kB would be some megabytes.
  assert.ok(report.handshakes.logBytes < 300 * 120, `${report.handshakes.logBytes} bytes`);
  assert.is(report.status, 0);
});

test.run();
