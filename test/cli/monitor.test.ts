import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import { joined, quiet, RATE, tone } from "../monitor/rig.ts";
import { COMMAND, runCli, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const folder = await temporaryFolder();
const sound = joined(quiet(3), tone(300, 2), quiet(6));
const file = join(folder, "night.wav");
await writeFile(file, writeWav([sound], RATE));
let runs = 0;
const data = () => join(folder, `data-${runs++}`);
const monitor = (...words: string[]) => runCli("monitor", ...words, "--pack", TINY_PACK);

test("a file gives its events as JSON lines, and a folder that holds them", async () => {
  const out = data();
  const { status, stdout, stderr } = await monitor(file, "--data", out, "--json", "--runtime", "web");
  assert.is(status, 0, stderr);
  const lines = stdout.trim().split("\n");
  assert.is(lines.length, 1);
  const event = JSON.parse(lines[0]) as MonitorEvent;
  assert.is(event.classes[0].label, "low");
  assert.is(event.file, "night.wav");
  assert.ok(Math.abs(event.start - 3) < 0.75);
  assert.equal((await readdir(out)).sort(), ["events", "monitor.db"]);
  assert.match(stderr, /1 events kept/);
  // Everything counts as silence; what was kept in the folder stays.
  const again = await monitor(file, "--data", out, "--floor", "0");
  assert.is(again.status, 0);
  assert.is(again.stdout, "");
  assert.is((await readdir(join(out, "events"))).length, 1);
});

test("PCM comes through standard input", async () => {
  const pcm = Buffer.from(writeWav([sound, sound], RATE).subarray(44));
  const path = join(folder, "sound.pcm");
  await writeFile(path, pcm);
  const { status, stdout } = await new Promise<{ status: number | null; stdout: string }>((resolve) => {
    const child = spawn(process.execPath, [
      ...[...COMMAND, "monitor", "yard=-", "--channels", "2", "--rate", `${RATE}`, "--data", data()],
      ...["--pack", TINY_PACK],
    ]);
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.on("close", (status) => resolve({ status, stdout }));
    child.stdin.end(pcm);
  });
  assert.is(status, 0);
  assert.match(stdout, /yard {2}low \d+ % · \d\.\d s · \w+ · \d{8}-/);
});

test("misuse ends with 2 and says what would be right", async () => {
  const cases: [string[], RegExp][] = [
    [["nowhere.wav"], /no file or folder nowhere\.wav/],
    [["file:///etc/passwd"], /streams have http/],
    [[file, "--threshold", "dog=0.5"], /no class "dog"; it has: low, high, quiet/],
    [[file, "--threshold", "2"], /not a probability/],
    [[file, "--confirm", "3/2"], /2\/3/],
    [[file, "--discard", "speech"], /no class "speech"/],
    [[file, "--keep-class", "low"], /CLASS=NUMBER/],
    [[file, "--stride", "3"], /leaves gaps/],
    [[file, "--public"], /add --port/],
    [[file, "--token-file", "tokens"], /--token-file is about the pages: add --port/],
    [[file, "--port", "0", "--tls-cert", "cert.pem"], /--tls-cert and --tls-key go together/],
    [[file, "--webhook", "ftp://host/"], /http or https/],
    [[file, "--mqtt", "host:1883"], /mqtt:\/\/host:1883/],
    [[file, "--method", "nothing"], /no method "nothing"/],
    [[], /missing required argument/],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr } = await monitor(...words, "--data", data());
    assert.is(status, 2, `${words}: ${stderr}`);
    assert.match(stderr, expected);
  }
});

test("what cannot be done ends with 1", async () => {
  const broken = join(folder, "broken.wav");
  await writeFile(broken, "no sound");
  const unreadable = await monitor(broken, "--data", data());
  assert.is(unreadable.status, 1);
  assert.match(unreadable.stderr, /broken\.wav/);
});

test("help teaches with examples", async () => {
  const { status, stdout } = await runCli("monitor", "--help");
  assert.is(status, 0);
  for (const word of ["--watch", "--discard", "rtsp://", "LISTENABLE_WEBHOOK_SECRET", "arecord"]) {
    assert.ok(stdout.includes(word), word);
  }
});

test.run();
