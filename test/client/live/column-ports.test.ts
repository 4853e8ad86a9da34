import { test } from "uvu";
import * as assert from "uvu/assert";
import { ColumnPorts } from "../../../client/live/session/column-ports.ts";

/** A stream's pipeline that notes what it is told; its ends of the ports are closed at the end of a test. */
function pipeline() {
  const ports = new Map<number, MessagePort>();
  const told: string[] = [];
  return {
    told,
    ports,
    open(id: number, port: MessagePort) {
      told.push(`open ${id}`);
      ports.set(id, port);
    },
    close(id: number) {
      told.push(`close ${id}`);
      ports.get(id)?.close();
    },
  };
}

test("each subscriber gets a port of its own for the stream that runs and for each later one", () => {
  const columnPorts = new ColumnPorts();
  const got: string[] = [];
  const early = columnPorts.ports$.subscribe(() => got.push("early"));
  assert.equal(got, [], "nothing runs yet");
  const first = pipeline();
  const ended = columnPorts.attach(first);
  const late = columnPorts.ports$.subscribe(() => got.push("late"));
  assert.equal(got, ["early", "late"]);
  assert.equal(first.told, ["open 0", "open 1"]);
  const second = pipeline();
  const endedToo = columnPorts.attach(second);
  // The end of an overtaken stream takes nothing from the one that runs.
  ended();
  assert.equal(second.told, ["open 0", "open 1"]);
  early.unsubscribe();
  assert.equal(second.told, ["open 0", "open 1", "close 0"]);
  endedToo();
  late.unsubscribe();
  assert.equal(
    second.told,
    ["open 0", "open 1", "close 0"],
    "the stream has ended: nobody is there to be told",
  );
  for (const { ports } of [first, second]) for (const port of ports.values()) port.close();
});

test.run();
