// Who counts towards a study's participants: by a stepped clock, by address, and with everybody able to come back.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PLACE_MS, Places } from "../../study/places.ts";

class Made {
  now = Date.UTC(2026, 6, 14);
  readonly people = new Map<string, { id: string; finished: boolean; actedAt: number }>();
  readonly places: Places;

  constructor(most: number) {
    this.places = new Places(most, () => this.now);
  }

  join(id: string, address: string): boolean {
    const taken = this.places.take(id, address, this.people.values());
    if (taken) this.people.set(id, { id, finished: false, actedAt: this.now });
    return taken;
  }

  act(id: string, finished = false): void {
    this.people.set(id, { id, finished, actedAt: this.now });
  }

  joined(count: number, address: string): number {
    return Array.from({ length: count }, (_, k) =>
      this.join(`${address} ${this.people.size} ${k}`, address),
    ).filter(Boolean).length;
  }
}

test("a study is full when all places are held, and those who were silent for an hour hold none", () => {
  const made = new Made(3);
  assert.is(made.joined(5, "a"), 3);
  made.now += PLACE_MS / 2;
  const [first] = made.people.keys();
  made.act(first);
  made.now += PLACE_MS / 2 + 1;
  assert.is(made.joined(5, "a"), 2, "the one who answered holds a place");
  made.now += 10 * PLACE_MS;
  made.act(first, true);
  made.now += 10 * PLACE_MS;
  assert.is(made.joined(5, "a"), 2, "whoever has finished holds it for ever");
});

test("one address that joins without end keeps nobody out, and is not put out", () => {
  const made = new Made(20);
  assert.is(made.joined(500, "greedy"), 20);
  for (let k = 0; k < 15; k++) {
    made.now += 1;
    assert.ok(made.join(`other ${k}`, `address ${k}`), `${k}`);
    // It goes on as if nothing had been, with all that it has.
    for (const id of [...made.people.keys()].filter((each) => each.startsWith("greedy"))) made.act(id);
  }
  assert.is(made.joined(10, "greedy"), 0);
});

test("the places of an address are taken from the one silent longest, down to what others have", () => {
  const made = new Made(4);
  for (const id of ["one", "two", "three", "four"]) {
    made.join(id, "class");
    made.now += 1_000;
  }
  assert.is(made.joined(9, "b"), 2, "two and two");
  assert.is(made.joined(9, "c"), 1, "one of the two of the class, or of b");
  assert.is(made.joined(9, "d"), 1);
  assert.is(made.joined(9, "e"), 0, "everybody has one");
  made.act("one");
  assert.is(made.joined(9, "e"), 0);
});

test.run();
