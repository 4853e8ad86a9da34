// The page comes back by itself: after refusals, errors and silence, later and later, and says so meanwhile.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mayWorkLater } from "../../../monitor/page/again.ts";
import { ApiError } from "../../../monitor/page/api.ts";
import { type Connection, Following, type Source } from "../../../monitor/page/following.ts";
import { placeOf } from "../../../monitor/page/place.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

class FakeSource implements Source {
  onopen: Source["onopen"] = null;
  onerror: Source["onerror"] = null;
  onmessage: Source["onmessage"] = null;
  readyState = CONNECTING;
  close(): void {
    this.readyState = CLOSED;
  }
  becomes(state: number): void {
    this.readyState = state;
    if (state === OPEN) this.onopen?.();
    else this.onerror?.();
  }
}

/** A page whose timers run when they are told to. */
function rig(load: () => Promise<void> = async () => {}) {
  const sources: FakeSource[] = [];
  const connections: Connection[] = [];
  const waits: number[] = [];
  const messages: unknown[] = [];
  let loads = 0;
  let pending: (() => void) | undefined;
  const following = new Following({
    load: () => {
      loads++;
      return load();
    },
    open: () => {
      sources.push(new FakeSource());
      return sources.at(-1)!;
    },
    onMessage: (message) => messages.push(message),
    onConnection: (connection) => connections.push(connection),
    random: () => 0.5,
    after: (ms, work) => {
      waits.push(ms);
      pending = work;
      return () => {
        pending = undefined;
      };
    },
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ following, sources, connections, waits, messages, settled },
    loads: () => loads,
    waiting: () => pending !== undefined,
    async elapse() {
      const work = pending;
      pending = undefined;
      work?.();
      await settled();
    },
  };
}

test("a stream that is refused is asked for again, later and later, until there is a place", async () => {
  const page = rig();
  await page.following.start();
  for (let n = 0; n < 7; n++) {
    page.sources.at(-1)!.becomes(CLOSED);
    await page.elapse();
  }
  assert.equal(page.waits, [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal([...new Set(page.connections)], ["full"]);
  assert.is(page.loads(), 8, "what there is is shown meanwhile");
  page.sources.at(-1)!.becomes(OPEN);
  assert.is(page.connections.at(-1), "open");
  page.sources.at(-1)!.onmessage?.({ data: '{"type":"event"}' });
  assert.equal(page.messages, [{ type: "event" }]);
  page.sources.at(-1)!.becomes(CLOSED);
  assert.is(page.waits.at(-1), 2000, "the next wait is a short one again");
});

test("a stream that breaks off is the browser's to open again; what was missed is fetched", async () => {
  const page = rig();
  await page.following.start();
  const [source] = page.sources;
  source!.becomes(OPEN);
  source!.becomes(CONNECTING);
  assert.is(page.connections.at(-1), "lost");
  assert.not(page.waiting());
  source!.becomes(OPEN);
  assert.is(page.connections.at(-1), "open");
  assert.equal([page.loads(), page.sources.length], [2, 1]);
  // The browser's own attempt is refused.
  source!.becomes(CONNECTING);
  source!.becomes(CLOSED);
  assert.is(page.connections.at(-1), "lost");
  assert.ok(page.waiting());
  await page.elapse();
  assert.is(page.sources.length, 2);
});

test("without an answer, with 429, 503 and without a token the page tries again, and says which it is", async () => {
  const problems: unknown[] = [
    new TypeError("Failed to fetch"),
    new ApiError(503, "full"),
    new ApiError(429, "too many", 90_000),
    new ApiError(401, "no token"),
  ];
  const page = rig(async () => {
    const problem = problems.shift();
    if (problem) throw problem;
  });
  await page.following.start();
  while (page.waiting()) await page.elapse();
  assert.equal(page.connections, ["lost", "lost", "lost", "denied"]);
  assert.equal(page.waits, [2000, 4000, 90_000, 16_000], "not before the answer allows it");
  page.sources[0]!.becomes(OPEN);
  assert.is(page.connections.at(-1), "open");
});

test("a page that is closed tries nothing more", async () => {
  const page = rig();
  await page.following.start();
  page.sources[0]!.becomes(CLOSED);
  page.following.stop();
  assert.not(page.waiting());
  page.sources[0]!.onerror?.();
  assert.not(page.waiting());
});

test("what may work later is told from what will not", () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504]) assert.ok(mayWorkLater(new ApiError(status, "")));
  for (const status of [400, 401, 403, 404]) assert.not(mayWorkLater(new ApiError(status, "")));
  assert.ok(mayWorkLater(new TypeError("Failed to fetch")));
});

test("addresses name places; one that names none is told, and shows no other place", () => {
  const id = "20260714-063015-250-1f9a3c";
  for (const hash of ["", "#", "#/", "#/live", "#token=abc"]) assert.is(placeOf(hash).view, "live", hash);
  for (const hash of ["#/events", "#/events/", "#events"]) {
    assert.equal(placeOf(hash), { view: "events", filters: {}, review: false });
  }
  assert.equal(placeOf("#/events?label=dog&text=a%3Fb"), {
    ...{ view: "events", review: false },
    filters: { label: "dog", text: "a?b" },
  });
  assert.equal(placeOf("#/review"), { view: "events", filters: { review: "none" }, review: true });
  assert.equal(placeOf("#/review?label=dog"), {
    ...{ view: "events", review: true },
    filters: { label: "dog", review: "none" },
  });
  for (const hash of [`#/event/${id}`, `#/event/${id}/`, `#/review/${id}`]) {
    assert.equal(placeOf(hash), { view: "event", id }, hash);
  }
  for (const hash of [
    "#/reviews",
    "#/event",
    "#/event/x",
    "#/event/../status",
    `#/event/${id}/x`,
    "#/eventsx",
    "#x",
  ]) {
    assert.equal(placeOf(hash), { view: "unknown", address: hash }, hash);
  }
});

test.run();
