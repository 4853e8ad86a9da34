// A log that cannot be written: nothing throws or waits, what comes back is whole lines in their order, and what is missing is told.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LineSink, type Trouble } from "../../cli/line-sink.ts";

// A sink keeps no process alive.
const alive = setInterval(() => {}, 60_000);
test.after(() => clearInterval(alive));

/** A place with so much room; full, it fails as the system does. */
class Disk {
  text = "";
  room = Number.POSITIVE_INFINITY;
  failure = "ENOSPC";
  attempts = 0;
  #tried: () => void = () => {};

  readonly write = (
    _file: number,
    bytes: Buffer,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ) => {
    setImmediate(() => {
      this.attempts++;
      const written = Math.min(bytes.length, this.room);
      this.text += bytes.subarray(0, written);
      this.room -= written;
      const error = Object.assign(new Error(this.failure), { code: this.failure });
      if (written === 0) done(error, 0);
      else done(null, written);
      this.#tried();
    });
  };

  /** Resolves when so many more writes were tried. */
  async tries(count: number): Promise<void> {
    for (let k = 0; k < count; k++) {
      await new Promise<void>((resolve) => {
        this.#tried = resolve;
      });
    }
  }
}

function sinkOn(disk: Disk, most?: number) {
  const told: Trouble[] = [];
  const recovered = (trouble: Trouble) => {
    told.push(trouble);
    return `missing ${trouble.lost} by ${trouble.reason}\n`;
  };
  const sink = new LineSink(-1, { recovered, writer: disk.write, troubleMs: 1, ...(most ? { most } : {}) });
  return { sink, told };
}

for (const failure of ["ENOSPC", "EIO", "EPIPE", "EDQUOT"]) {
  test(`${failure} in the middle of a line: what waited comes whole and in order, then what is missing is told`, async () => {
    const disk = new Disk();
    disk.failure = failure;
    disk.room = 10;
    const { sink, told } = sinkOn(disk, 60);
    for (let k = 0; k < 30; k++) sink.write(`line ${k}\n`);
    await disk.tries(5);
    assert.is(disk.text, "line 0\nlin");
    assert.equal(told, []);
    disk.room = Number.POSITIVE_INFINITY;
    await disk.tries(2);
    sink.write("after\n");
    await disk.tries(1);
    assert.is(
      disk.text,
      `${Array.from({ length: 8 }, (_, k) => `line ${k}\n`).join("")}missing 22 by ${failure}\nafter\n`,
    );
    assert.equal(told, [{ reason: failure, lost: 22 }]);
    assert.ok(disk.attempts >= 8);
  });
}

test("a reader that is slow loses nothing until what waits is too much, and that is told", async () => {
  const disk = new Disk();
  disk.failure = "EAGAIN";
  disk.room = 7;
  const { sink, told } = sinkOn(disk, 70);
  for (let k = 0; k < 20; k++) sink.write(`line ${k % 10}\n`);
  await disk.tries(3);
  assert.is(disk.text, "line 0\n");
  disk.room = 21;
  await disk.tries(2);
  assert.equal(told, [], "it is not all there yet");
  disk.room = Number.POSITIVE_INFINITY;
  await disk.tries(2);
  assert.equal(told, [{ reason: undefined, lost: 10 }]);
  assert.is(disk.text.split("\n").length, 12);
});

test("while nothing fails nothing is told", async () => {
  const disk = new Disk();
  const { sink, told } = sinkOn(disk);
  sink.write("one\n");
  sink.write("two\nthree\n");
  await disk.tries(2);
  assert.is(disk.text, "one\ntwo\nthree\n");
  assert.equal(told, []);
});

test.run();
