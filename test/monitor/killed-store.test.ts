import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../lab/data/random.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { bytesOf } from "./made-up-event.ts";
import { temporary } from "./rig.ts";

const ROUNDS = 8;
const CHILD = fileURLToPath(new URL("./killed-store-child.ts", import.meta.url));

/** Runs the child until it has said so many lines, then kills it some moments later; returns the lines. */
async function runAndKill(folder: string, seed: number, random: Random): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, folder, `${seed}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = random.integer(12) + 2;
  const moments = random.uniform(0, 60);
  let said = "";
  let killing = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (killing || said.split("\n").length <= lines) return;
    killing = true;
    setTimeout(() => child.kill("SIGKILL"), moments);
  });
  await new Promise((resolve) => child.once("close", resolve));
  assert.ok(killing, `the child ended by itself:\n${said}`);
  return said.split("\n").slice(0, -1);
}

test("whenever the process is killed, no closed event is lost and nothing half-written stays", async () => {
  const folder = await temporary();
  const random = new Random(11);
  const closed = new Set<string>();
  const explained = new Set<string>();
  const removing = new Set<string>();
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const line of await runAndKill(folder, round + 1, random)) {
      const [word, id] = line.split(" ");
      if (word === "closed") closed.add(id);
      if (word === "explained") explained.add(id);
      if (word === "removing") removing.add(id);
      if (word === "ready") {
        const { rows, removed, lost } = JSON.parse(id) as EventStore["recovered"];
        found += rows + removed + lost;
      }
    }
    const store = await EventStore.open(folder);
    found += store.recovered.rows + store.recovered.removed + store.recovered.lost;
    assert.is(store.database.get("PRAGMA integrity_check")?.["integrity_check"], "ok");
    const kept = new Map(store.find({ limit: 1000 }).map(({ event }) => [event.id, event]));
    for (const id of closed) {
      const event = kept.get(id);
      if (!event) {
        assert.ok(removing.has(id), `round ${round}: event ${id} was closed and is lost`);
        continue;
      }
      assert.equal(JSON.parse(await readFile(store.file(id, "json"), "utf8")).id, id);
      assert.ok((await readFile(store.file(id, "clip"))).equals(bytesOf(id, 200_000)), `clip of ${id}`);
      if (!explained.has(id)) continue;
      assert.is(event.state, "explained");
      assert.is(event.faithfulness?.badge, "faithful");
      for (const part of ["explanation", "rest"] as const) {
        assert.ok((await readFile(store.file(id, part))).equals(bytesOf(`${id} ${part}`, 200_000)));
      }
      const { n } = store.database.get("SELECT count(*) AS n FROM delivery WHERE event = ?", [id])!;
      assert.is(Number(n), 1, `the delivery of ${id}`);
    }
    // An event may be kept whose "closed" was not said any more; then it is whole too.
    for (const [id, { state }] of kept) {
      assert.ok((await readFile(store.file(id, "clip"))).equals(bytesOf(id, 200_000)));
      if (state === "explained") {
        assert.ok((await readFile(store.file(id, "rest"))).equals(bytesOf(`${id} rest`, 200_000)));
      }
    }
    const names = await readdir(folder, { recursive: true });
    assert.equal(
      names.filter((name) => name.includes(".part-")),
      [],
    );
    store.end();
  }
  assert.ok(closed.size >= 10, `only ${closed.size} events were closed`);
  // Otherwise the kills all fell between two events, and nothing was tested.
  assert.ok(found > 0, "no kill left anything to clean or take up");
});

test.run();
