import { test } from "uvu";
import * as assert from "uvu/assert";
import { Scope } from "../../../client/live/scope.ts";

test("everything is released once, newest first, even when a release fails", async () => {
  const scope = new Scope();
  const released: string[] = [];
  scope.add(() => released.push("first"));
  scope.add(() => {
    throw new Error("stuck");
  });
  scope.add(async () => {
    await null;
    released.push("last");
  });
  const error = await scope.close().catch((reason: AggregateError) => reason);
  assert.is((error as AggregateError).errors[0].message, "stuck");
  assert.equal(released, ["last", "first"]);
  await scope.close();
  assert.equal(released, ["last", "first"]);
});

test("what comes too late is released at once", async () => {
  const scope = new Scope();
  await scope.close();
  let released = 0;
  scope.own("microphone", () => released++);
  assert.is(released, 1);
  assert.throws(() => scope.check(), /abort/i);
});

test("listeners and timers end with the scope", async () => {
  const scope = new Scope();
  const target = new EventTarget();
  let heard = 0;
  scope.listen(target, "ended", () => heard++);
  scope.timeout(() => heard++, 5);
  target.dispatchEvent(new Event("ended"));
  assert.is(heard, 1);
  const paused = scope.pause(60_000);
  await scope.close();
  await paused;
  target.dispatchEvent(new Event("ended"));
  await new Promise((resolve) => setTimeout(resolve, 15));
  assert.is(heard, 1);
});

test.run();
