import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventKeeper } from "../../monitor/event-keeper.ts";
import { Feed } from "../../monitor/feed.ts";
import { madeUpEvent } from "./made-up-event.ts";

const CLIP = new Uint8Array(1000);

function full(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
}

interface Rig {
  /** @returns what the write fails of, if it does; `round` counts the waits. */
  readonly fails: (id: string, round: number) => Error | undefined;
  readonly rounds?: number;
  readonly limit?: number;
}

function rig({ fails, rounds = 100, limit }: Rig) {
  const stop = new AbortController();
  const kept: string[] = [];
  const problems: string[] = [];
  const counts: number[] = [];
  const retries: string[] = [];
  let lost = 0;
  let round = 0;
  const feed = new Feed();
  feed.listen((message) => {
    if (message.type === "problem") problems.push(message.message);
    if (message.type === "pending") counts.push(message.count);
    if (message.type === "lost") lost++;
  });
  const keeper = new EventKeeper("yard", stop.signal, {
    feed,
    limit,
    random: () => 0.5,
    sleep: async () => {
      round++;
      if (round >= rounds) stop.abort();
    },
    write: async ({ id }) => {
      const error = fails(id, round);
      if (error) throw error;
      kept.push(id);
    },
    onKept: () => {},
    onRetry: (detail) => retries.push(detail),
  });
  return { keeper, kept, problems, counts, retries, stop, figures: () => ({ lost, round }) };
}

const events = (count: number) => Array.from({ length: count }, () => madeUpEvent());

test("while the disk is full nothing is lost, and everything is kept when it has room", async () => {
  const three = events(3);
  const { keeper, kept, problems, counts, retries, figures } = rig({
    fails: (_, round) => (round < 20 ? full() : undefined),
  });
  for (const event of three) await keeper.keep(event, CLIP);
  assert.ok(keeper.waits);
  await keeper.room("all");
  assert.not(keeper.waits);
  assert.equal(
    kept,
    three.map(({ id }) => id),
  );
  assert.equal(problems, [
    `event ${three[0].id} cannot be kept: ENOSPC: no space left on device, write; it is tried again`,
  ]);
  assert.is(retries[0], "events cannot be kept: ENOSPC: no space left on device, write; next try in 1 s");
  assert.match(retries[10], "next try in 30 s");
  assert.is(Math.max(...counts), 3);
  assert.is(counts.at(-1), 0);
  assert.equal(figures(), { lost: 0, round: 20 });
});

test("one failed write costs nothing: it is tried again", async () => {
  const three = events(3);
  const { keeper, kept } = rig({
    fails: (id, round) => (id === three[1].id && round === 0 ? full() : undefined),
  });
  for (const event of three) await keeper.keep(event, CLIP);
  await keeper.room("all");
  assert.equal([...kept].sort(), three.map(({ id }) => id).sort());
});

test("an event that can never be written costs itself alone", async () => {
  const three = events(3);
  const refused = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  for (const error of [refused, new TypeError("not the disk's fault")]) {
    const { keeper, kept, problems, figures } = rig({
      fails: (id) => (id === three[1].id ? error : undefined),
    });
    for (const event of three) await keeper.keep(event, CLIP);
    await keeper.room("all");
    assert.equal(kept, [three[0].id, three[2].id]);
    assert.is(figures().lost, 1);
    assert.is(problems.at(-1), `event ${three[1].id} is lost: ${error.message}`);
  }
});

test("a clip that is too long for the room there is waits for more room, though shorter ones are kept", async () => {
  const three = events(3);
  const { keeper, kept } = rig({
    fails: (id, round) => (id === three[0].id && round < 30 ? full() : undefined),
  });
  for (const event of three) await keeper.keep(event, CLIP);
  await keeper.room("all");
  assert.is(kept.length, 3);
});

test("what waits is bounded: live sound gives up the oldest, and says so", async () => {
  const five = events(5);
  const { keeper, kept, problems, figures } = rig({
    fails: (_, round) => (round < 3 ? full() : undefined),
    limit: 3000,
  });
  for (const event of five) {
    await keeper.keep(event, CLIP);
    keeper.giveUpOldest();
  }
  await keeper.room("all");
  assert.equal(
    kept,
    five.slice(2).map(({ id }) => id),
  );
  assert.is(figures().lost, 2);
  assert.match(problems.at(-1)!, `event ${five[1].id} is lost: more events wait than there is memory for`);
});

test("who stops while the disk is full loses nothing that is heard again, and is told of the rest", async () => {
  for (const [heardAgain, lost] of [
    [true, 0],
    [false, 2],
  ] as const) {
    const { keeper, figures, stop } = rig({ fails: full, rounds: 4 });
    for (const event of events(2)) await keeper.keep(event, CLIP);
    await keeper.room("all");
    assert.ok(stop.signal.aborted);
    await keeper.close(heardAgain);
    assert.is(figures().lost, lost);
  }
});

test.run();
