import { test } from "uvu";
import * as assert from "uvu/assert";
import { Detector, type DetectorOptions } from "../../monitor/detector.ts";
import type { DetectedEvent } from "../../monitor/event.ts";

const STRIDE = 0.25;
const LABELS = ["dog", "rooster", "other"];

function detector(options: Partial<DetectorOptions> = {}): Detector {
  return new Detector({
    labels: LABELS,
    ignored: ["other"],
    threshold: 0.8,
    confirm: { hits: 2, of: 3 },
    stride: STRIDE,
    gap: 1,
    coolDown: 0,
    longest: 60,
    ...options,
  });
}

/** Plays a track a class: one character a window, 9 is 0.9, "." is 0; the missing rest is silence of 0. */
function play(subject: Detector, tracks: Record<string, string>, from = 0): DetectedEvent[] {
  const length = Math.max(...Object.values(tracks).map((track) => track.length));
  const events: (DetectedEvent | undefined)[] = [];
  for (let n = 0; n < length; n++) {
    const probabilities = LABELS.map((label) => Number((tracks[label] ?? "")[n] ?? 0) / 10 || 0);
    events.push(subject.push({ centre: from + n * STRIDE, probabilities, silent: false }));
  }
  return events.filter((event) => event !== undefined);
}

test("a class that reaches its threshold in enough windows makes one event, with times and confidence", () => {
  const [event, ...more] = play(detector(), { dog: "....8998........" });
  assert.equal(more, []);
  assert.is(event.classes.length, 1);
  const [dog] = event.classes;
  assert.is(dog.label, "dog");
  assert.is(dog.windows, 4);
  assert.ok(Math.abs(dog.confidence - 0.85) < 1e-9);
  assert.is(dog.peak, 0.9);
  assert.is(event.start, 4 * STRIDE - STRIDE / 2);
  assert.is(event.end, 7 * STRIDE + STRIDE / 2);
  assert.is(event.continues, false);
});

test("too few windows in a row make none, and are counted", () => {
  const subject = detector();
  assert.equal(play(subject, { dog: "..9...9...9........" }), []);
  assert.equal(subject.withheld, { unconfirmed: 3, cooling: 0 });
});

test("two of three windows are enough, whichever is missing", () => {
  assert.is(play(detector(), { dog: "..9.9.........." }).length, 1);
  assert.is(play(detector({ confirm: { hits: 3, of: 3 } }), { dog: "..99.9........." }).length, 0);
});

test("each class has its own threshold", () => {
  const thresholds = new Map([["rooster", 0.5]]);
  const events = play(detector({ thresholds }), { dog: "5555......", rooster: "5555......" });
  assert.equal(
    events.map(({ classes }) => classes.map(({ label }) => label)),
    [["rooster"]],
  );
});

test("other and silent windows never count", () => {
  assert.equal(play(detector(), { other: "999999......" }), []);
  const subject = detector();
  for (let n = 0; n < 20; n++)
    assert.is(
      subject.push({ centre: n * STRIDE, probabilities: [1, 0, 0], silent: n < 12 && true }),
      undefined,
    );
});

test("a pause shorter than the gap does not part an event; a longer one does", () => {
  assert.is(play(detector(), { dog: "999...999......." }).length, 1);
  assert.is(play(detector(), { dog: "999.......999......." }).length, 2);
});

test("classes that overlap make one event, the most confident first, each with its own times", () => {
  const [event, ...more] = play(detector(), {
    dog: "..8888...........",
    rooster: ".....9999..........",
  });
  assert.equal(more, []);
  assert.equal(
    event.classes.map(({ label }) => label),
    ["rooster", "dog"],
  );
  assert.is(event.start, event.classes[1].start);
  assert.is(event.end, event.classes[0].end);
});

test("of classes with thresholds of their own the one most above it comes first", () => {
  const thresholds = new Map([["rooster", 0.2]]);
  const [event] = play(detector({ thresholds }), { dog: "..9999.....", rooster: "..8888....." });
  assert.equal(
    event.classes.map(({ label }) => label),
    ["rooster", "dog"],
  );
});

test("in its cool-down a class opens nothing, another class does, and afterwards it may again", () => {
  const subject = detector({ coolDown: 5 });
  assert.is(play(subject, { dog: "9999......" }).length, 1);
  const during = play(subject, { dog: "9999......", rooster: "9999......" }, 10 * STRIDE);
  assert.equal(
    during.map(({ classes }) => classes.map(({ label }) => label)),
    [["rooster"]],
  );
  assert.is(subject.withheld.cooling, 4);
  assert.is(play(subject, { dog: "9999......" }, 10).length, 1);
});

test("an event that does not end is cut and goes on at once, whatever the cool-down", () => {
  const subject = detector({ longest: 5, coolDown: 60 });
  const events = play(subject, { dog: "9".repeat(60) });
  assert.is(events.length, 2);
  assert.ok(events.every(({ continues }) => continues));
  const last = subject.finish();
  assert.is(last?.continues, false);
  assert.ok(last!.start - events[1].end < 3 * STRIDE);
});

test("the end of the sound ends what is open, and only that", () => {
  const subject = detector();
  play(subject, { dog: "..999" });
  assert.equal(subject.heard, ["dog"]);
  assert.is(subject.finish()?.classes[0].label, "dog");
  assert.is(subject.finish(), undefined);
});

test("a track of chance gives events in order that do not overlap, each confirmed", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const subject = detector({ coolDown: 1, longest: 10 });
  const events: DetectedEvent[] = [];
  for (let n = 0; n < 20_000; n++) {
    const event = subject.push({
      centre: n * STRIDE,
      probabilities: [random(), random(), 0],
      silent: random() < 0.05,
    });
    if (event) events.push(event);
  }
  assert.ok(events.length > 50);
  events.forEach((event, n) => {
    assert.ok(event.classes.every(({ windows, peak }) => windows >= 2 && peak >= 0.8));
    assert.ok(event.end > event.start && event.end - event.start <= 10 + 2);
    if (n > 0) assert.ok(event.start >= events[n - 1].end - STRIDE, `event ${n} overlaps the one before`);
  });
});

test("of an event's classes the special one stands before the general, however much surer that is", () => {
  const heard = { dog: "..9999.......", rooster: "..8888......." };
  const named = (parents?: (number | null)[]) =>
    play(detector({ parents }), heard)[0].classes.map(({ label }) => label);
  assert.equal(named(), ["dog", "rooster"]);
  assert.equal(named([null, 0, null]), ["rooster", "dog"]);
});

test("impossible confirmation is refused", () => {
  assert.throws(() => detector({ confirm: { hits: 3, of: 2 } }), /3 of 2 windows is impossible/);
});

test.run();
