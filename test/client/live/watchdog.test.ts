import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LiveEvent } from "../../../client/live/live-explainer.ts";
import { EventLog } from "../../../client/live/session/event-log.ts";
import { LOOK_MS, Watchdog } from "../../../client/live/session/watchdog.ts";

/** A machine whose audio clock, frames and wall clock the test moves. */
function rig() {
  const machine = { now: 1e12, audio: 0, frames: 0, running: true };
  const told: string[] = [];
  const dog = new Watchdog({
    now: () => machine.now,
    audioTime: () => machine.audio,
    running: () => machine.running,
    frames: () => machine.frames,
    onSlept: (seconds) => told.push(`slept ${seconds}`),
    onStill: (what) => told.push(`still ${what}`),
    onFlowing: () => told.push("flows"),
    onDead: (what) => told.push(`dead ${what}`),
  });
  /** So many looks, `step` apart, while audio and frames move or not. */
  const pass = (looks: number, { audio = true, frames = true, step = LOOK_MS } = {}) => {
    for (let n = 0; n < looks; n++) {
      machine.now += step;
      if (audio) machine.audio += step / 1_000;
      if (frames) machine.frames += 30;
      dog.look();
    }
    return told.splice(0);
  };
  return { machine, pass };
}

test("nothing is said while sound flows, also in a hidden page whose timers come once a minute", () => {
  const { pass } = rig();
  assert.equal(pass(100), []);
  assert.equal(pass(60, { step: 60_000 }), []);
  assert.equal(pass(10), []);
});

test("an audio clock that stands still is told, attempted and given up; one that moves again is told too", () => {
  const { machine, pass } = rig();
  pass(5);
  assert.equal(pass(3, { audio: false }), []);
  assert.equal(pass(1, { audio: false }), ["still device"]);
  // The attempt stops and starts it, which is no sign of life.
  machine.running = false;
  assert.equal(pass(2, { audio: false }), []);
  machine.running = true;
  assert.equal(pass(1), ["flows"]);
  assert.equal(pass(4, { audio: false }), ["still device"]);
  assert.equal(pass(6, { audio: false }), ["dead device"]);
});

test("frames that don't arrive are told apart from the device", () => {
  const { pass } = rig();
  assert.equal(pass(4, { frames: false }), ["still frames"]);
  assert.equal(pass(1), ["flows"]);
});

test("a device that doesn't run is not judged", () => {
  const { machine, pass } = rig();
  machine.running = false;
  assert.equal(pass(100, { audio: false, frames: false }), []);
  machine.running = true;
  assert.equal(pass(3, { audio: false, frames: false }), []);
});

test("a computer that slept is told, and everything gets time to wake up", () => {
  const { pass } = rig();
  assert.equal(pass(1, { step: 3_600_000, audio: false, frames: false }), ["slept 3600"]);
  assert.equal(pass(3, { audio: false, frames: false }), []);
  assert.equal(pass(20), []);
});

test("a clock that is set back, and one past 2^31 seconds, disturb nothing", () => {
  const { machine, pass } = rig();
  machine.now -= 86_400_000;
  machine.audio = 2 ** 32;
  assert.equal(pass(50), []);
});

test("the log keeps the newest, counts what repeats, and is bounded", () => {
  const log = new EventLog();
  let events: readonly LiveEvent[] = [];
  log.events$.subscribe((newest) => {
    events = newest;
  });
  for (let n = 0; n < 1_000; n++) {
    log.add("device", { code: "slept", seconds: n }, n);
    log.add("device", { code: "slept", seconds: n }, n + 0.5);
  }
  assert.is(events.length, 60);
  assert.equal(events.at(-1), { at: 999.5, kind: "device", told: { code: "slept", seconds: 999 }, times: 2 });
});

test.run();
