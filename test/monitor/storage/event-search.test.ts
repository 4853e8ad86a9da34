import { test } from "uvu";
import * as assert from "uvu/assert";
import type { StoredEvent } from "../../../monitor/storage/event-rows.ts";
import { insertEvent } from "../../../monitor/storage/event-rows.ts";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import type { EventQuery } from "../../../monitor/storage/query.ts";
import { PieceSize, Turns } from "../../../monitor/storage/turns.ts";
import {
  LABEL_FILES,
  labelsAudacity,
  labelsCsv,
  labelsOf,
  labelsOfFew,
} from "../../../monitor/web/labels.ts";
import { madeUpEvent } from "../made-up-event.ts";
import { temporary } from "./event-folders.ts";

const MANY = 2000;
const LABELS = ["dog", "rooster", "clock_tick"];

/** Rows alone; nothing here looks into folders. */
const store = await EventStore.open(temporary());
store.database.transaction(() => {
  for (let n = 0; n < MANY; n++) {
    const event = madeUpEvent({
      at: new Date(Date.UTC(2026, 0, 1) + 60_000 * n).toISOString(),
      input: n % 3 === 0 ? "yard" : "street",
      labels: [LABELS[n % 3]!, ...(n % 5 === 0 ? ["rain"] : [])],
      start: (n * 7919) % 4001,
      ...(n % 10 === 0 ? { file: `night_${n}.wav` } : {}),
    });
    insertEvent(store.database, event, 1000, null);
    if (n % 7 === 0) store.database.run("UPDATE event SET review = 'right' WHERE id = ?", [event.id]);
  }
});

const QUERIES: EventQuery[] = [
  {},
  { text: "clock tick" },
  { text: "CLOCK_tick" },
  { text: "k_t" },
  { text: "o" },
  { text: "100% _" },
  { text: "night" },
  { text: "nothing is called so" },
  { text: "r o o s t e r y a r d" },
  { label: "rain", confidence: 0.5 },
  { review: "any", input: "yard" },
  { from: Date.UTC(2026, 0, 1, 5), to: Date.UTC(2026, 0, 1, 20) },
];

/** What one query in one go finds, a page after the other. */
function atOnce(query: EventQuery): StoredEvent[] {
  const all: StoredEvent[] = [];
  for (let before = query.before; ; ) {
    const page = store.find({ ...query, limit: 1000, ...(before === undefined ? {} : { before }) });
    all.push(...page);
    if (page.length < 1000) return all;
    before = page[999]!.event.id;
  }
}

async function inPieces(query: EventQuery): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for await (const piece of store.search.all(query)) all.push(...piece);
  return all;
}

test("looking a piece at a time finds what looking at once finds, in its order, whole and in pages", async () => {
  for (const query of QUERIES) {
    const expected = atOnce(query);
    const what = JSON.stringify(query);
    assert.equal(await inPieces(query), expected, what);
    assert.is(await store.search.count(query), expected.length, what);
    const first = await store.search.page({ ...query, limit: 30 });
    assert.equal(first, { events: expected.slice(0, 30), total: expected.length }, what);
    if (expected.length <= 30) continue;
    const before = expected[29]!.event.id;
    const second = await store.search.page({ ...query, limit: 1000, before });
    assert.equal(second, { events: expected.slice(30, 1030), total: expected.length }, what);
  }
});

test("what is removed and added while it looks makes it miss and repeat nothing else", async () => {
  const expected = atOnce({ review: "any" }).map(({ event }) => event.id);
  const found: string[] = [];
  const gone = expected[expected.length - 1]!;
  for await (const piece of store.search.all({ review: "any" })) {
    found.push(...piece.map(({ event }) => event.id));
    store.database.run("UPDATE event SET review = NULL WHERE id = ?", [gone]);
  }
  assert.equal(found, expected.slice(0, -1));
  store.database.run("UPDATE event SET review = 'right' WHERE id = ?", [gone]);
});

test("others run between the pieces, and of many searches one has a piece a turn", async () => {
  let turns = 0;
  let running = true;
  const asked = { inTurn: 0, most: 0, all: 0 };
  const count = () => {
    turns++;
    asked.inTurn = 0;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const all = store.database.all.bind(store.database);
  const get = store.database.get.bind(store.database);
  const noted = <T>(sql: string, work: () => T): T => {
    // The query of a piece itself, not the one for its bounds.
    if (sql.includes("LIKE")) {
      asked.inTurn++;
      asked.all++;
      asked.most = Math.max(asked.most, asked.inTurn);
    }
    return work();
  };
  store.database.all = (sql, values) => noted(sql, () => all(sql, values));
  store.database.get = (sql, values) => noted(sql, () => get(sql, values));
  try {
    await Promise.all(Array.from({ length: 10 }, () => store.search.page({ text: "xyzzy" })));
  } finally {
    running = false;
    store.database.all = all;
    store.database.get = get;
  }
  assert.ok(asked.all >= 10 * 2 * 4, `${asked.all} pieces`);
  assert.is(asked.most, 1);
  assert.ok(turns >= asked.all, `${turns} turns for ${asked.all} pieces`);
});

test("nobody looks on for someone who has gone", async () => {
  let asked = 0;
  await store.search.page({ text: "xyzzy" }, () => {
    asked++;
    return true;
  });
  assert.is(asked, 2, "a piece of the page and one of the count");
  let pieces = 0;
  for await (const _ of store.search.all({})) {
    if (++pieces === 2) break;
  }
  assert.is(pieces, 2);
});

test("a piece has as many rows as last some milliseconds", () => {
  let now = 0;
  const size = new PieceSize(() => now);
  const rows = (ms: number) => {
    size.measure(() => {
      now += ms;
    });
    return size.rows;
  };
  assert.is(rows(8), 128);
  assert.is(rows(100), 64);
  for (let k = 0; k < 10; k++) rows(100);
  assert.is(size.rows, 16);
  for (let k = 0; k < 10; k++) rows(1);
  assert.is(size.rows, 256);
});

test("turns come one a round of the event loop, in the order in which they were asked for", async () => {
  const turns = new Turns();
  const order: string[] = [];
  let round = 0;
  const rounds: number[] = [];
  const next = () => {
    round++;
    if (rounds.length < 4) setImmediate(next);
  };
  setImmediate(next);
  await Promise.all(
    ["a", "b", "c", "d"].map(async (name) => {
      await turns.next();
      order.push(name);
      rounds.push(round);
    }),
  );
  assert.equal(order, ["a", "b", "c", "d"]);
  assert.is(new Set(rounds).size, 4, rounds.join());
});

test("files of labels are the same made while they are sent, Audacity's in the order of time", async () => {
  const clipOf = () => "clip.wav";
  for (const query of QUERIES) {
    const expected = labelsOf(atOnce(query), clipOf);
    const textOf = async (name: string) => {
      let text = "";
      const found = (async function* () {
        for await (const events of store.search.all(query)) {
          for await (const few of labelsOfFew(events, clipOf, () => store.search.turn())) {
            assert.ok(few.length < 1000);
            yield few;
          }
        }
      })();
      for await (const piece of LABEL_FILES.get(name)!.pieces(found)) text += piece;
      return text;
    };
    assert.is(await textOf("labels.csv"), labelsCsv(expected));
    assert.is(await textOf("labels.json"), `${JSON.stringify(expected, null, 1)}\n`);
    const track = await textOf("labels.txt");
    const starts = track
      .split("\n")
      .slice(0, -1)
      .map((line) => Number(line.split("\t")[0]));
    assert.equal(
      starts,
      [...starts].sort((a, b) => a - b),
    );
    assert.equal(track.split("\n").sort(), labelsAudacity(expected).split("\n").sort());
  }
});

test.after(() => store.end());

test.run();
