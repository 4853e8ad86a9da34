// What an address holds besides its machine is shown nowhere: not in names, states, problems, pages or errors.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { InputStatuses } from "../../monitor/input-status.ts";
import type { InputReport } from "../../monitor/inputs/input.ts";
import { type InputOptions, parseInputs } from "../../monitor/inputs/parse-input.ts";

const ADDRESSES = [
  "rtsp://admin:geheim@camera.local/live",
  "rtsp://admin:ge%23heim@camera.local/live",
  "http://camera.local/stream.mp3?pwd=geheim",
  "https://radio.local:8443/live/geheim/geheim.m3u8",
  "rtmp://live.local/app/geheim",
  "icy://admin:geheim@radio.local/geheim",
  "http://radio.local/geheim.ogg#geheim",
  "rtsps://geheim@camera.local",
  "rtsp://admin:12/geheim@camera.local/live",
  "HTTP://radio.local/%67eheim",
];
/** Addresses that no program could open: a password that ends the name of the machine, or no scheme. */
const REFUSED = [
  "rtsp://admin:ge#geheim@camera.local/live",
  "rtsp://admin:ge/geheim@camera.local/live",
  "rtsp://admin:ge?geheim@camera.local/live",
  "rtsp://admin:ge geheim@camera.local:port/live",
  "rtsp:/admin:geheim@camera.local/live",
  "admin:geheim@camera.local/live",
  "camera.local/live?pwd=geheim",
  "ftp://admin:geheim@camera.local/geheim",
  "udp://camera.local:1234/geheim",
  "my/yard=rtsp://admin:geheim@camera.local",
];
const SECRET = /geheim|admin|%67|ge%23/;

const folder = await mkdtemp(join(tmpdir(), "listenable-secrets-"));
/** An ffmpeg that complains of all it was told, as the real one does, and of its parts. */
const ffmpeg = join(folder, "ffmpeg");
await writeFile(
  ffmpeg,
  '#!/bin/sh\nfor last; do case $last in *://*) echo "[in] $last: refused; $last" >&2;; esac; done\nexit 1\n',
);
await chmod(ffmpeg, 0o755);

const options = (stop: AbortController): InputOptions => ({
  pcm: { sampleRate: 16_000, channels: 1, format: "s16le" },
  folder: {},
  ffmpeg: { program: ffmpeg, sleep: async () => stop.abort() },
});

test("addresses that are opened", async () => {
  for (const address of ADDRESSES) {
    const stop = new AbortController();
    const [input] = parseInputs([address], options(stop));
    const told: string[] = [input!.name, input!.source];
    const statuses = new InputStatuses([input!]);
    const report: InputReport = {
      state: (state, detail) => {
        told.push(detail ?? "");
        statuses.take({ type: "input", input: input!.name, state, detail });
      },
      dropped() {},
      failed: (message) => told.push(message),
    };
    for await (const _ of input!.stretches(report, stop.signal)) assert.unreachable();
    assert.match(told.join("\n"), /refused.*next try/, "the complaint is told");
    assert.not.match(JSON.stringify([told, statuses.list(true)]), SECRET, address);
  }
});

test("addresses that are refused say nothing but how to write them", () => {
  for (const address of REFUSED) {
    for (const word of [address, `yard=${address}`]) {
      assert.throws(
        () => parseInputs([word], options(new AbortController())),
        (error: Error) => !SECRET.test(error.message) && /an input is|streams have|%23/.test(error.message),
        word,
      );
    }
  }
});

test("names come from machines, each its own", () => {
  const words = [
    "http://radio.local:8000/a",
    "http://radio.local/b",
    "rtsp://[2001:db8::1]/c",
    "rtsp://u:1/2@x/y",
  ];
  const names = parseInputs(words, options(new AbortController())).map(({ name }) => name);
  assert.equal(names, ["radio-local", "radio-local-2", "2001-db8-1", "stream"]);
});

test.after(() => rm(folder, { recursive: true }));

test.run();
