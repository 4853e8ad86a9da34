// When a kiosk plays its built-in sounds, when it listens, when it restarts.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Program, type Scene } from "../../kiosk/page/program.ts";
import { Reporter } from "../../kiosk/page/reporter.ts";
import { DailyRestart, nextTime } from "../../kiosk/page/restart.ts";
import { RoomLevel } from "../../kiosk/page/room-level.ts";
import type { KioskReport } from "../../kiosk/protocol.ts";
import { Random } from "../../lab/data/random.ts";
import { FakeClock } from "./fake-clock.ts";

const SETTINGS = { source: "microphone", idle: 60, attract: 20, listen: 8 } as const;

function scenes(program: Program): string[] {
  const seen: string[] = [];
  program.scene$.subscribe((scene: Scene) => {
    seen.push(scene.kind === "attract" ? `sound ${scene.sound}` : scene.waiting ? "waits" : "live");
  });
  return seen;
}

test("nobody there: built-in sounds in turn, with the room heard between them; a touch ends it at any time", async () => {
  const clock = new FakeClock();
  const program = new Program(SETTINGS, clock);
  const seen = scenes(program);
  await clock.pass(59_000);
  assert.equal(seen, ["live"]);
  await clock.pass(2_000 + 2 * 28_000);
  assert.equal(seen, ["live", "sound 0", "waits", "sound 1", "waits", "sound 2"]);
  program.heard();
  assert.is(seen.at(-1), "sound 2", "what the loudspeaker says is nobody");
  program.touched();
  assert.is(seen.at(-1), "live");
  await clock.pass(59_000);
  assert.is(seen.at(-1), "live");
  await clock.pass(2_000);
  assert.is(seen.at(-1), "sound 3");
  program.close();
  assert.is(clock.pending, 0);
});

test("somebody who is heard while it waits stays with the microphone, and so does somebody who goes on", async () => {
  const clock = new FakeClock();
  const program = new Program(SETTINGS, clock);
  const seen = scenes(program);
  await clock.pass(61_000 + 22_000);
  assert.is(seen.at(-1), "waits");
  program.heard();
  assert.is(seen.at(-1), "live");
  for (let n = 0; n < 20; n++) {
    await clock.pass(30_000);
    program.heard();
  }
  assert.is(seen.at(-1), "live");
  assert.is(clock.pending, 1);
});

test("a kiosk of sounds alone never opens the microphone, one without idle time never plays them", async () => {
  const clock = new FakeClock();
  const sounds = scenes(new Program({ ...SETTINGS, source: "sounds" }, clock));
  const always = scenes(new Program({ ...SETTINGS, idle: 0 }, clock));
  await clock.pass(3 * 3_600_000);
  assert.ok(sounds.length > 500 && sounds.every((each) => each.startsWith("sound")));
  assert.equal(always, ["live"]);
});

test("the daily restart comes at its time, waits for visitors to go, and comes once", async () => {
  const clock = new FakeClock(new Date(2026, 0, 5, 12).getTime());
  let quiet = 0;
  const at: number[] = [];
  const restart = new DailyRestart({
    clock,
    time: "04:00",
    quietSeconds: () => quiet,
    restart: () => at.push(new Date(clock.now()).getHours() + new Date(clock.now()).getMinutes() / 60),
  });
  await clock.pass(16.5 * 3_600_000);
  assert.equal(at, [], "somebody is there");
  quiet = 100;
  await clock.pass(60_000);
  assert.is(at.length, 1);
  assert.ok(at[0] >= 4.5 && at[0] < 4.6);
  quiet = 0;
  await clock.pass(26 * 3_600_000);
  assert.is(at.length, 2, "two hours late it happens all the same");
  assert.ok(at[1] >= 6 && at[1] < 6.1);
  restart.close();
  assert.is(clock.pending, 0);
});

test("a page that was just loaded does not restart, one that never restarts has no timer", async () => {
  const clock = new FakeClock(new Date(2026, 0, 5, 3, 50).getTime());
  let restarts = 0;
  const parts = { clock, quietSeconds: () => 1e9, restart: () => restarts++ };
  new DailyRestart({ ...parts, time: "04:00" });
  await clock.pass(3_600_000);
  assert.is(restarts, 0);
  await clock.pass(24 * 3_600_000);
  assert.is(restarts, 1);
  const other = new FakeClock();
  new DailyRestart({ ...parts, clock: other, time: "never" });
  assert.is(other.pending, 0);
  assert.is(nextTime("never", 0), Number.POSITIVE_INFINITY);
});

test("a room is loud when it is clearly louder than it was; a fan becomes part of it, a click is nobody", () => {
  const bins = 257;
  const random = new Random(3);
  const room = new RoomLevel(8);
  const listen = (amplitude: number, ms: number) => {
    let loud = false;
    for (let n = 0; n < ms / 8; n++) {
      const magnitudes = Float32Array.from({ length: bins }, () => amplitude * random.uniform());
      loud = room.push({ magnitudes, frames: 1, bins }) || loud;
    }
    return loud;
  };
  assert.not(listen(0.05, 800), "knows nothing yet");
  assert.not(listen(0.05, 10_000));
  assert.not(listen(1, 80));
  assert.ok(listen(1, 500));
  listen(0.05, 2_000);
  assert.not(listen(0.1, 3_000), "6 dB");
  listen(1, 200_000);
  assert.not(listen(1, 5_000), "a fan");
  assert.ok(listen(10, 600));
});

test("reports come in time and at changes, at most every five seconds, with the token, and failures do not matter", async () => {
  const clock = new FakeClock();
  const sent: { at: number; authorization: string | undefined; body: KioskReport }[] = [];
  const began = clock.now();
  const reporter = new Reporter({
    clock,
    url: "kiosk/report",
    token: "secret",
    everyMs: 60_000,
    report: () => ({ name: "lobby" }) as KioskReport,
    fetch: (async (_url: string, init: RequestInit) => {
      const headers = init.headers as Record<string, string>;
      const at = (clock.now() - began) / 1000;
      sent.push({ at, authorization: headers["authorization"], body: JSON.parse(init.body as string) });
      throw new Error("no network");
    }) as typeof fetch,
  });
  await clock.pass(70_000);
  for (let n = 0; n < 50; n++) {
    reporter.soon();
    await clock.pass(100);
  }
  assert.equal(
    sent.map(({ at }) => at),
    [5, 65, 70, 75],
  );
  assert.is(sent[0].authorization, "Bearer secret");
  assert.is(sent[0].body.name, "lobby");
  reporter.close();
  assert.is(clock.pending, 0);
});

test.run();
