import { mkdtemp, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav } from "../../dsp/wav.ts";
import type { EventPage, ListedEvent, MonitorStatus, StreamMessage } from "../../monitor/protocol.ts";
import type { RunningMonitor } from "../../monitor/start-monitor.ts";
import { closeAll, joined, quiet, samplesInput, startRig, tone } from "./rig.ts";

const SOUND = joined(quiet(3), tone(300, 2), quiet(8));

const pages = await mkdtemp(join(tmpdir(), "listenable-pages-"));
await writeFile(join(pages, "index.html"), "<!doctype html><title>pages</title>");

const web = { pages, port: 0 };
let release: () => void = () => {};
const hold = new Promise<void>((resolve) => {
  release = resolve;
});
const { monitor, store } = await startRig([samplesInput("yard", SOUND, { hold })], { web });
const url = monitor.url!;
await new Promise<void>((resolve) => {
  const stop = monitor.feed.listen((message) => {
    if (message.type !== "explained") return;
    stop();
    resolve();
  });
});

const json = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T;
const statusOf = async (path: string, init?: RequestInit) => {
  const response = await fetch(url + path, init);
  await response.body?.cancel();
  return response.status;
};
const review = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  statusOf(`api/events/${id}/review`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/** The status of a request that names another host. */
function statusFor(base: string, host: string): Promise<number | undefined> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/api/status", headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

/** Asks, and leaves the answer open. */
function held(
  base: string,
  path: string,
  localAddress: string,
): Promise<{ status: number; end: () => void }> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = get(
      { host: "127.0.0.1", port, path: `/${path}`, localAddress, agent: false },
      (response) => {
        response.on("error", () => {});
        resolve({ status: response.statusCode!, end: () => response.destroy() });
      },
    );
    asked.on("error", reject);
  });
}

test("pages, status, events and their files are served under the strict headers", async () => {
  const page = await fetch(url);
  assert.match(await page.text(), /pages/);
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  assert.is(page.headers.get("x-content-type-options"), "nosniff");
  const status = await json<MonitorStatus>("api/status");
  assert.is(status.inputs[0].source, "made up");
  assert.is(status.events, 1);
  assert.ok(status.inputs[0].recent.length > 10);
  const { events, total } = await json<EventPage>("api/events?label=low&confidence=0.5&review=none");
  assert.is(total, 1);
  const { id } = events[0].event;
  assert.equal((await json<ListedEvent>(`api/events/${id}`)).event, events[0].event);
  for (const file of ["clip.wav", "explanation.wav", "rest.wav"]) {
    const response = await fetch(`${url}api/events/${id}/${file}`);
    assert.is(response.headers.get("content-type"), "audio/wav");
    assert.is(
      readWav(new Uint8Array(await response.arrayBuffer())).channels[0].length,
      events[0].event.clip.samples,
    );
  }
  assert.is(await statusOf(`api/events/${id}/picture.png`), 200);
});

test("what is not there is not there", async () => {
  for (const path of [
    "api/events/20200101-000000-000-000000",
    "api/events/..%2f..%2fmonitor.db",
    "api/events/x/clip.wav",
    "monitor.db",
    "live/yard/rest.wav",
    "live/street/original.wav",
    "api/labels/labels.exe",
  ]) {
    const status = await statusOf(path);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
  }
  assert.is(await statusOf("api/events?confidence=2"), 400);
  assert.is(await statusOf("api/events?from=yesterday"), 400);
  for (const path of [
    "api/events?limit=1.5",
    "api/labels/labels.csv?limit=1.5",
    "api/events?limit=5&limit=6",
  ]) {
    assert.is(await statusOf(path), 400, path);
  }
  assert.is(await statusOf("api/status", { method: "DELETE" }), 405);
});

test("a review is kept, and exported as labels", async () => {
  const { id } = store.find()[0].event;
  assert.is(await review(id, { review: "wrong" }), 200);
  assert.is(store.get(id)?.review, "wrong");
  assert.match(await (await fetch(`${url}api/labels/labels.csv?review=any`)).text(), /low,0\.\d+,\w+,wrong/);
  assert.is((await json<unknown[]>("api/labels/labels.json?review=right")).length, 0);
  assert.match(
    await (await fetch(`${url}api/labels/labels.txt`)).text(),
    /^\d+\.\d+\t\d+\.\d+\tlow \(wrong\)\n$/,
  );
  assert.is(await review(id, { review: null }), 200);
  assert.is(store.get(id)?.review, null);
  assert.is(await review(id, { review: "maybe" }), 400);
  assert.is(await review("20200101-000000-000-000000", { review: "right" }), 404);
});

test("other sites' pages can neither review nor read by a name of their own", async () => {
  const { id } = store.find()[0].event;
  assert.is(await review(id, { review: "right" }, { Origin: "https://elsewhere.example" }), 403);
  assert.is(
    await statusOf(`api/events/${id}/review`, { method: "POST", body: '{"review":"right"}' }),
    415,
    "a form's type",
  );
  assert.is(await statusFor(url, "rebound.example"), 421);
  assert.is(await statusFor(url, "localhost:1234"), 200);
  assert.is(store.get(id)?.review, null);
});

test("live sound has a switch of its own, and metrics count", async () => {
  assert.is(await statusOf("live/yard/original.wav"), 403);
  const metrics = await (await fetch(`${url}metrics`)).text();
  assert.match(metrics, /listenable_monitor_events_total\{input="yard",label="low"\} 1/);
  assert.match(metrics, /listenable_monitor_windows_total\{input="yard"\} \d+/);
  assert.match(metrics, /listenable_monitor_input_running\{input="yard"\} 1/);
});

test("public pages are read-only and tell no addresses; the stream tells of events; live sound flows", async () => {
  let begin: () => void = () => {};
  const waiting = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const input = samplesInput("yard", SOUND);
  const late = {
    ...input,
    async *stretches(...given: Parameters<typeof input.stretches>) {
      await waiting;
      yield* input.stretches(...given);
    },
  };
  const open: { monitor: RunningMonitor } = await startRig([late], {
    web: { ...web, readOnly: true, liveAudio: true, publicHosts: ["sounds.example"] },
  });
  const base = open.monitor.url!;
  const status = (await (await fetch(`${base}api/status`)).json()) as MonitorStatus;
  assert.is(status.inputs[0].source, undefined);
  assert.ok(status.readOnly && status.liveAudio);
  assert.is((await fetch(`${base}metrics`)).status, 404);
  assert.is(await statusFor(base, "sounds.example"), 200);
  const refused = await fetch(`${base}api/events/20200101-000000-000-000000/review`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  assert.is(refused.status, 403);

  // Held places: HEAD takes none, and one address not all.
  for (const path of ["api/stream", "live/yard/original.wav"]) {
    for (let n = 0; n < 70; n++) assert.is((await fetch(`${base}${path}`, { method: "HEAD" })).status, 405);
    const many = await Promise.all(Array.from({ length: 140 }, () => held(base, path, "127.0.0.2")));
    assert.ok(many.some(({ status }) => status === 503));
    const other = await held(base, path, "127.0.0.3");
    assert.is(other.status, 200, path);
    for (const { end } of [...many, other]) end();
  }

  const live = await fetch(`${base}live/yard/explanation.wav`);
  assert.is(live.headers.get("content-type"), "audio/wav");
  const stream = await fetch(`${base}api/stream`);
  assert.match(stream.headers.get("content-type")!, /text\/event-stream/);
  begin();
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes('"type":"event"')) text += (await reader.read()).value ?? "";
  await reader.cancel();
  const messages = text
    .split("\n")
    .filter((line) => line.startsWith("data: {") && line.endsWith("}"))
    .map((line) => JSON.parse(line.slice(6)) as StreamMessage);
  assert.ok(messages.filter(({ type }) => type === "levels").length > 10);
  await open.monitor.finished;
  await open.monitor.close();
  const wav = readWav(new Uint8Array(await live.arrayBuffer()), "live");
  assert.is(wav.channels[0].length, SOUND.length);
});

test("it ends when it is told to", async () => {
  release();
  await monitor.finished;
  await monitor.close();
  assert.is(await statusOf("").catch(() => "closed"), "closed");
});

test.after(closeAll);

test.run();
