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
  await scope.close().catch(() => {});
  assert.equal(released, ["last", "first"]);
});

test("whoever closes a second time waits for the same end", async () => {
  const scope = new Scope();
  let finish = () => {};
  scope.add(() => new Promise<void>((resolve) => (finish = resolve)));
  let closed = 0;
  for (let n = 0; n < 2; n++) void scope.close().then(() => closed++);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(closed, 0);
  finish();
  await scope.close();
  assert.is(closed, 2);
});

test("pauses that are over leave nothing with the scope", async () => {
  const scope = new Scope();
  const { signal } = scope;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  for (let n = 0; n < 3; n++) await scope.pause(1);
  assert.is(listeners, 0);
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
