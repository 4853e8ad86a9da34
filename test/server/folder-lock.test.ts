import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lockFolder } from "../../server/folder-lock.ts";

const RACERS = 8;
const ROUNDS = 100;
const WORDS = { of: "monitor", option: "--data" };

const temporary = mkdtempSync(join(tmpdir(), "listenable-lock-"));
const lock = join(temporary, "monitor.lock");

interface Said {
  readonly got?: boolean;
  readonly message?: string;
}

/** Where the one that takes over a lock with this content makes itself known. */
const followerOf = (content: string) =>
  `${lock}.after-${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;

const saidBy = (racer: ChildProcess) =>
  new Promise<Said>((resolve) => racer.once("message", (message) => resolve(message as Said)));

async function racers(): Promise<ChildProcess[]> {
  const compiled = join(temporary, "folder-lock.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../server/folder-lock.ts", import.meta.url))],
    ...{ outfile: compiled, bundle: true, platform: "node", format: "esm", logLevel: "warning" },
  });
  const all = Array.from({ length: RACERS }, () =>
    fork(fileURLToPath(new URL("./lock-racer.mjs", import.meta.url)), [compiled], { execArgv: [] }),
  );
  await Promise.all(all.map(saidBy));
  return all;
}

/** All at one moment; how many have the folder, and what the others were told. */
async function race(all: readonly ChildProcess[]): Promise<Said[]> {
  const at = Date.now() + 5;
  const answers = Promise.all(all.map(saidBy));
  for (const racer of all) racer.send({ folder: temporary, at });
  const said = await answers;
  const ends = Promise.all(all.map(saidBy));
  for (const racer of all) racer.send({ end: true });
  await ends;
  return said;
}

test("of many processes that want a folder whose owner died, one gets it", async () => {
  const all = await racers();
  try {
    const marks = [
      // A process that is no more, one whose number another has by now, and locks of earlier versions or of nobody.
      () => "999999999 1 00",
      () => `${process.pid} 1 ${Math.random()}`,
      () => `999999998 ${Math.random()}`,
      () => "",
      () => "who?",
    ];
    for (let round = 0; round < ROUNDS; round++) {
      writeFileSync(lock, marks[round % marks.length]!());
      const said = await race(all);
      const winners = said.filter(({ got }) => got).length;
      assert.is(winners, 1, `round ${round}: ${JSON.stringify(said)}`);
      for (const { got, message } of said) if (!got) assert.match(message!, /is in use by another monitor/);
      assert.equal(
        readdirSync(temporary).filter((name) => name.startsWith("monitor.lock")),
        [],
        "nothing stays of it",
      );
    }
    const fresh = await race(all);
    assert.is(fresh.filter(({ got }) => got).length, 1, "where there was no lock");
  } finally {
    for (const racer of all) racer.disconnect();
  }
});

test("one that died while it took over a lock is followed in turn", () => {
  writeFileSync(lock, "999999999 1 aa");
  writeFileSync(followerOf("999999999 1 aa"), "999999998 1 bb");
  const again = lockFolder(temporary, WORDS);
  assert.match(readFileSync(lock, "utf8"), new RegExp(`^${process.pid} `));
  again();
  assert.equal(
    readdirSync(temporary).filter((name) => name.startsWith("monitor.lock")),
    [],
  );
});

test("one that is taking over right now has the folder", () => {
  writeFileSync(lock, "999999999 1 aa");
  const stat = (() => {
    try {
      return readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    } catch {
      return "";
    }
  })();
  const birth = stat === "" ? "" : stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  writeFileSync(followerOf("999999999 1 aa"), `${process.ppid} ${birth} cc`);
  assert.throws(() => lockFolder(temporary, WORDS), /in use by another monitor/);
  rmSync(followerOf("999999999 1 aa"));
  rmSync(lock);
});

test("this process too cannot take it twice, and gives back only what is its own", () => {
  const free = lockFolder(temporary, WORDS);
  assert.throws(() => lockFolder(temporary, WORDS), /in use by another monitor .* --data/);
  if (process.platform !== "win32") assert.is(statSync(lock).mode & 0o777, 0o600);
  writeFileSync(lock, "somebody else's");
  free();
  assert.is(readFileSync(lock, "utf8"), "somebody else's");
  rmSync(lock);
});

test("a folder that cannot be written is named, with the way out", () => {
  assert.throws(
    () => lockFolder(join(temporary, "none"), WORDS),
    /nothing can be written into .*none .*ENOENT.* --data/,
  );
});

test.after(() => rmSync(temporary, { recursive: true }));

test.run();
