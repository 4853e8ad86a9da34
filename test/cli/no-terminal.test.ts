// Readers that have read enough, and disks that are full: what becomes of standard output and error.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { joined, quiet, RATE, tone } from "../monitor/rig.ts";
import { madeUpStudy, writeMadeUpStudy } from "../study/made-up-study.ts";
import { COMMAND, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const folder = await temporaryFolder();
const study = join(folder, "study");
await mkdir(study);
await writeMadeUpStudy(study, madeUpStudy({ clips: 2, attention: 0 }));
const sound = join(folder, "night.wav");
await writeFile(sound, writeWav([joined(quiet(3), tone(300, 2), quiet(4))], RATE));
test.after(() => rmSync(folder, { recursive: true }));

/** Runs it with its outputs already closed by their reader, or both of them read. */
async function run(words: readonly string[], closed: readonly ("stdout" | "stderr")[] = []) {
  const child = spawn(process.execPath, [...COMMAND, ...words]);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    if (closed.includes(name)) child[name].destroy();
    else {
      child[name].on("data", (chunk) => {
        texts[name] += chunk;
      });
    }
  }
  const [status] = await once(child, "exit");
  return { status: status as number, ...texts };
}

for (const words of [
  ["--help"],
  ["serve", "--help"],
  ["study", "--help"],
  ["--version"],
  ["version", "--json"],
  ["explain", sound, "--out", join(folder, "explained"), "--pack", TINY_PACK, "--json"],
]) {
  test(`${words[0]} ${words[1] ?? ""}: a reader that is gone is no failure, and nothing is said of it`, async () => {
    const { status, stderr } = await run(words, ["stdout"]);
    assert.is(status, 0, stderr);
    assert.is(stderr, "");
  });
}

test("what could be read goes on although nobody reads: files are written, misuse is misuse", async () => {
  assert.ok(existsSync(join(folder, "explained")));
  assert.is((await run(["nonsense"], ["stdout", "stderr"])).status, 2);
  assert.is(
    (await run(["explain", join(folder, "none.wav"), "--out", folder, "--json"], ["stdout", "stderr"]))
      .status,
    1,
  );
});

test("an output that cannot be written is a failure, and told", () => {
  if (!existsSync("/dev/full")) return;
  const full = openSync("/dev/full", "w");
  for (const words of [["--help"], ["version", "--json"], ["version"]]) {
    const { status, stderr } = spawnSync(process.execPath, [...COMMAND, ...words], {
      stdio: ["ignore", full, "pipe"],
    });
    assert.is(status, 1, words.join(" "));
    assert.match(String(stderr), /^listenable: standard output cannot be written: .*ENOSPC.*\n$/);
  }
  assert.is(
    spawnSync(process.execPath, [...COMMAND, "nonsense"], { stdio: ["ignore", full, full] }).status,
    2,
  );
  closeSync(full);
});

/** The three that run until they are told to stop, each with the address that answers while it lives. */
const SERVERS: Readonly<Record<string, (port: string) => string[]>> = {
  serve: (port) => [
    "serve",
    "--pack",
    TINY_PACK,
    "--no-page",
    "--local-only",
    "--log-level",
    "debug",
    "--port",
    port,
  ],
  monitor: (port) => [
    "monitor",
    sound,
    "--pack",
    TINY_PACK,
    "--data",
    join(folder, `data-${port}`),
    "--port",
    port,
  ],
  study: (port) => ["study", "serve", study, "--port", port],
};

async function answers(child: ChildProcess, port: string, times: number): Promise<void> {
  for (let asked = 0; asked < times; ) {
    assert.is(child.exitCode, null, "it goes on");
    const status = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ status }) => status,
      () => 0,
    );
    if (status === 200) asked++;
    else await wait(50);
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  assert.equal(await exit, [0, null]);
}

let port = 18_730 + (process.pid % 1_000);

for (const [name, words] of Object.entries(SERVERS)) {
  test(`${name} goes on where nobody reads its output and log`, async () => {
    const at = `${++port}`;
    const child = spawn(process.execPath, [...COMMAND, ...words(at)]);
    child.stdout.destroy();
    child.stderr.destroy();
    await answers(child, at, 20);
    // SIGHUP makes each of them write to its log.
    child.kill("SIGHUP");
    await answers(child, at, 20);
    await stopped(child);
  });

  test(`${name} goes on where its log cannot be written`, async () => {
    if (!existsSync("/dev/full")) return;
    const at = `${++port}`;
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [...COMMAND, ...words(at)], { stdio: ["ignore", full, full] });
    closeSync(full);
    await answers(child, at, 20);
    child.kill("SIGHUP");
    await answers(child, at, 20);
    await stopped(child);
  });
}

/** A file system of 1 MiB, where the system lets us have one. */
function smallDisk(): string | undefined {
  const disk = join(folder, "disk");
  try {
    execFileSync("mkdir", ["-p", disk]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "ignore" });
    return disk;
  } catch {
    return undefined;
  }
}

test("a disk that fills up and has room again: the log goes on with whole lines, and says so", async () => {
  const disk = smallDisk();
  if (disk === undefined) return;
  try {
    const log = join(disk, "log");
    const filler = join(disk, "filler");
    writeFileSync(filler, Buffer.alloc(1020 * 1024));
    const file = openSync(log, "w");
    const at = `${++port}`;
    const child = spawn(process.execPath, [...COMMAND, ...SERVERS["serve"](at)], {
      stdio: ["ignore", "ignore", file],
    });
    closeSync(file);
    await answers(child, at, 100);
    assert.is((await readFile(log)).length, 4_096, "it is full");
    rmSync(filler);
    while (!(await readFile(log, "utf8")).includes("missing")) {
      await answers(child, at, 1);
      await wait(50);
    }
    await stopped(child);
    const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
    const facts = lines.map((line) => JSON.parse(line));
    assert.ok(facts.some(({ reason, lost, msg }) => reason === "ENOSPC" && lost === 0 && /ENOSPC/.test(msg)));
    assert.ok(facts.filter(({ msg }) => msg === "request").length >= 100, "nothing that could wait is lost");
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
});

test.run();
