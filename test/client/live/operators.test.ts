import { EMPTY, of, throwError, timer } from "rxjs";
import { map } from "rxjs/operators";
import { TestScheduler } from "rxjs/testing";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { everyStride } from "../../../client/live/pipeline/every-stride.ts";
import { latestWhenFree } from "../../../client/live/pipeline/latest-when-free.ts";

const scheduler = () => new TestScheduler((actual, expected) => assert.equal(actual, expected));

test("latestWhenFree works on one value at a time, then on the newest, and drops those between", () => {
  scheduler().run(({ hot, expectObservable, flush }) => {
    const dropped: string[] = [];
    const source = hot("-a-b-c-d-----e--|");
    const expected = "  -----a---c---d---(e|)";
    // Each takes four frames; b waits for a, and is displaced by c.
    const result = source.pipe(
      latestWhenFree(
        (value) => timer(4).pipe(map(() => value)),
        (value) => dropped.push(value),
      ),
    );
    expectObservable(result).toBe(expected);
    flush();
    assert.equal(dropped, ["b"]);
  });
});

test("latestWhenFree completes with the source when idle, and not before the last work is done", () => {
  scheduler().run(({ hot, cold, expectObservable }) => {
    expectObservable(hot("a---|").pipe(latestWhenFree((value) => cold("-x|").pipe(map(() => value))))).toBe(
      "-a--|",
    );
    expectObservable(hot("ab|").pipe(latestWhenFree((value) => cold("---x|").pipe(map(() => value))))).toBe(
      "---a---b|",
    );
    expectObservable(hot("ab-|").pipe(latestWhenFree(() => EMPTY))).toBe("---|");
  });
});

test("latestWhenFree passes errors of the source, of the work and of the projection on", () => {
  scheduler().run(({ hot, cold, expectObservable }) => {
    expectObservable(hot("a-#").pipe(latestWhenFree(() => cold("----x|")))).toBe("--#");
    expectObservable(hot("a--").pipe(latestWhenFree(() => throwError(() => "error")))).toBe("#");
    expectObservable(
      hot("a--").pipe(
        latestWhenFree(() => {
          throw "error";
        }),
      ),
    ).toBe("#");
  });
});

test("latestWhenFree stops working when nobody listens any more", () => {
  scheduler().run(({ hot, cold, expectObservable, expectSubscriptions }) => {
    const work = cold("-----x|");
    const source = hot("-a-b---");
    expectObservable(source.pipe(latestWhenFree(() => work)), "----!").toBe("-------");
    expectSubscriptions(work.subscriptions).toBe("-^--!");
    expectSubscriptions(source.subscriptions).toBe("^---!");
  });
});

test("latestWhenFree keeps up with work that is done at once", () => {
  scheduler().run(({ hot, expectObservable }) => {
    const source = hot("  a----b----|");
    const expected = "    (aA)-(bB)-|";
    expectObservable(source.pipe(latestWhenFree((value) => of(value, value.toUpperCase())))).toBe(expected);
  });
});

test("everyStride passes one frame a stride, and one after a gap", () => {
  scheduler().run(({ hot, expectObservable }) => {
    const frames = { a: 2, b: 3, c: 4, d: 7, e: 8, f: 17, g: 18, h: 19 };
    const values = Object.fromEntries(Object.entries(frames).map(([key, frame]) => [key, { frame }]));
    expectObservable(hot("abcdefgh|", values).pipe(everyStride(() => 4))).toBe("-b-d-f-h|", values);
  });
});

test.run();
