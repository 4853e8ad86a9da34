// What an address holds besides its machine is shown nowhere: not in names, states, problems, pages or errors.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { InputStatuses } from "../../monitor/input-status.ts";
import type { InputReport } from "../../monitor/inputs/input.ts";
import { type InputOptions, parseInputs } from "../../monitor/inputs/parse-input.ts";
import { eventMessage } from "../../monitor/outputs/message.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { renameInputs } from "../../monitor/storage/rename-input.ts";
import { madeUpEvent } from "./made-up-event.ts";
import { temporary } from "./rig.ts";

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
    assert.is(
      /%2F/.test(told.join("\n")),
      address.includes("12/geheim@"),
      "and what may be wrong with a password",
    );
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

test("events of an input that was named after its address go on under the name that it has now", async () => {
  const [input] = parseInputs(["rtmp://live.local/app/geheim"], options(new AbortController()));
  assert.equal([input!.name, input!.formerly], ["live-local", "geheim"]);
  const store = await EventStore.open(await temporary());
  const events = ["geheim", "yard"].map((name) => madeUpEvent({ input: name }));
  for (const event of events) {
    await store.close(event, new Uint8Array(10));
    await store.explain(event, new Map(), [{ target: "hook", body: eventMessage(event) }], 1);
  }
  renameInputs(store.database, [input!]);
  assert.equal(
    store.find().map(({ event }) => event.input),
    ["yard", "live-local"],
  );
  assert.equal(store.get(events[0]!.id)!.event, { ...events[0]!, input: "live-local" });
  assert.is(store.count({ input: "live-local" }), 1);
  const waiting = store.database.all("SELECT body FROM delivery").map(({ body }) => JSON.parse(String(body)));
  assert.equal(
    waiting.map((body) => [body.input, body.event.input]),
    [
      ["live-local", "live-local"],
      ["yard", "yard"],
    ],
  );
  assert.not.match(JSON.stringify([store.database.all("SELECT * FROM event"), waiting]), SECRET);
  store.end();
});

test("a name that another input has now is nobody's to take", async () => {
  const [stream, file] = parseInputs(
    ["rtmp://live.local/yard", `yard=${folder}`],
    options(new AbortController()),
  );
  const store = await EventStore.open(await temporary());
  await store.close(madeUpEvent({ input: "yard" }), new Uint8Array(10));
  renameInputs(store.database, [stream!, file!]);
  assert.is(store.count({ input: "yard" }), 1);
  store.end();
});

test.after(() => rm(folder, { recursive: true }));

test.run();
