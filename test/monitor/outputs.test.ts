import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav } from "../../dsp/wav.ts";
import { Deliveries, RefusedForGood, type Send, TryLater } from "../../monitor/outputs/deliveries.ts";
import { LiveAudio } from "../../monitor/outputs/live-audio.ts";
import { eventMessage } from "../../monitor/outputs/message.ts";
import { checkBroker } from "../../monitor/outputs/mqtt-broker.ts";
import { Outputs } from "../../monitor/outputs/outputs.ts";
import { signature, webhook, webhookTarget } from "../../monitor/outputs/webhook.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { labelsAudacity, labelsCsv, labelsOf } from "../../monitor/web/labels.ts";
import { madeUpEvent } from "./made-up-event.ts";
import { temporary } from "./rig.ts";

async function receiver(answer: (request: IncomingMessage, body: string) => number | [number, string]) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const answered = answer(request, body);
    const [status, location] = typeof answered === "number" ? [answered] : answered;
    response.writeHead(status, location ? { Location: location } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close: () => server.close(),
  };
}

/** Time that passes only while somebody sleeps. */
function fakeClock() {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms: number, signal: AbortSignal) => {
      // Nothing is waiting: until somebody wakes it.
      if (ms >= 60_000 && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        return;
      }
      slept.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a web hook is signed, numbered, and told everything of the event", async () => {
  const got: { body: string; headers: IncomingMessage["headers"] }[] = [];
  const { url, close } = await receiver((request, body) => {
    got.push({ body, headers: request.headers });
    return 204;
  });
  const event = madeUpEvent({ labels: ["rooster", "dog"] });
  const send = webhook(url.replace("//", "//me:secret@"), { secret: "shared", now: () => 1_700_000_000_000 });
  await send(eventMessage(event), 42);
  close();
  const [{ body, headers }] = got;
  const hex = createHmac("sha256", "shared").update(`1700000000.${body}`).digest("hex");
  assert.is(headers["x-listenable-signature"], `t=1700000000,v1=${hex}`);
  assert.is(headers["x-listenable-signature"], signature("shared", 1_700_000_000, body));
  assert.is(headers["x-listenable-delivery"], "42");
  assert.is(headers.authorization, `Basic ${Buffer.from("me:secret").toString("base64")}`);
  const message = JSON.parse(body);
  assert.equal(message.event, event);
  assert.is(message.event_type, "rooster");
  assert.is(message.seconds, 1.5);
});

test("redirects are not followed, failures are told", async () => {
  let followed = false;
  const other = await receiver(() => {
    followed = true;
    return 200;
  });
  const { url, close } = await receiver(({ url }) => (url === "/hook" ? [302, other.url] : 500));
  const failure = (address: string) =>
    webhook(address)("{}", 1).then(
      () => "sent",
      (error: Error) => error.message,
    );
  assert.match(await failure(url), /302, a redirect/);
  assert.match(await failure(`${url}/else`), /answered 500/);
  close();
  other.close();
  assert.not(followed);
  assert.match(await failure("http://127.0.0.1:1/"), /ECONNREFUSED|bad port|fetch failed/);
  assert.throws(() => webhook("file:///etc/passwd"), /http or https/);
  assert.not.match(webhookTarget("https://host/secret-token"), /secret|host/);
});

test("messages are sent in order, tried again later and later, and survive a restart", async () => {
  const store = await EventStore.open(await temporary());
  const events = [madeUpEvent(), madeUpEvent(), madeUpEvent()];
  const clock = fakeClock();
  for (const event of events) {
    await store.close(event, new Uint8Array(10));
    await store.explain(event, new Map(), [{ target: "hook", body: event.id }], clock.now());
  }
  const sent: string[] = [];
  const results: string[] = [];
  let attempts = 0;
  let closing: Promise<void> | undefined;
  const send = async (body: string) => {
    attempts++;
    // The stop comes while the second attempt is under way.
    if (attempts === 2) closing = first.close();
    if (attempts <= 4) throw new Error("not now");
    sent.push(body);
  };
  const options = {
    ...clock,
    random: () => 0.5,
    onResult: (_target: string, result: string) => results.push(result),
  };
  const first: Deliveries = new Deliveries(store.database, new Map([["hook", send]]), options);
  first.start();
  await until(() => closing !== undefined);
  await closing;
  assert.is(attempts, 2);
  const second = new Deliveries(store.database, new Map([["hook", send]]), options);
  second.start();
  await until(() => sent.length === 3);
  await second.close();
  assert.equal(
    sent,
    events.map(({ id }) => id),
  );
  assert.is(second.waiting("hook"), 0);
  assert.equal(results, ["failed", "failed", "failed", "failed", "sent", "sent", "sent"]);
  const total = clock.slept.reduce((sum, ms) => sum + ms, 0);
  assert.is(total, 5000 + 10_000 + 20_000 + 40_000, "5 s, then twice as long each time");
  store.end();
});

test("messages that are too old or too many are given up, the oldest first", async () => {
  const store = await EventStore.open(await temporary());
  const event = madeUpEvent();
  await store.close(event, new Uint8Array(10));
  const deliveries = Array.from({ length: 5 }, (_, n) => ({ target: "hook", body: `${n}` }));
  await store.explain(event, new Map(), [{ target: "hook", body: "old" }], 0);
  await store.explain(event, new Map(), deliveries, 1_000_000);
  const sent: string[] = [];
  let givenUp = 0;
  const subject = new Deliveries(store.database, new Map([["hook", async (body) => void sent.push(body)]]), {
    ...fakeClock(),
    longestMs: 500_000,
    most: 3,
    onResult: (_target, result) => {
      if (result === "given-up") givenUp++;
    },
  });
  subject.start();
  await until(() => sent.length === 3);
  await subject.close();
  assert.equal(sent, ["2", "3", "4"]);
  assert.is(givenUp, 3);
  store.end();
});

/** A store with a message for each of the bodies and targets. */
async function storeWith(bodies: readonly string[], targets: readonly string[], now = 1_000_000) {
  const store = await EventStore.open(await temporary());
  for (const body of bodies) {
    const event = madeUpEvent();
    await store.close(event, new Uint8Array(10));
    const deliveries = targets.map((target) => ({ target, body }));
    await store.explain(event, new Map(), deliveries, now);
  }
  return store;
}

/** What becomes of one message at a hook that answers so. */
async function outcomeOf(status: number, headers: Record<string, string> = {}, text = "") {
  const hook = webhook("http://host.example/hook/t0ken", {
    fetch: async () => new Response(text, { status, headers }),
    now: () => Date.parse("Wed, 21 Oct 2026 07:28:00 GMT"),
  });
  return hook("{}", 1).then(
    () => "sent",
    (error: Error) => error,
  );
}

test("400s are final but for those that speak of now; all else is tried again", async () => {
  for (const status of [400, 401, 403, 404, 405, 409, 410, 413, 415, 418, 422, 451, 499]) {
    assert.instance(await outcomeOf(status, { "Retry-After": "5" }), RefusedForGood, `${status}`);
  }
  for (const status of [301, 302, 307, 308, 408, 425, 429, 500, 501, 502, 503, 504, 599]) {
    const outcome = await outcomeOf(status);
    assert.instance(outcome, Error, `${status}`);
    assert.not.instance(outcome, RefusedForGood, `${status}`);
  }
  for (const status of [200, 201, 202, 204]) {
    const sent = webhook("http://host/", { fetch: async () => new Response(null, { status }) });
    await sent("{}", 1);
  }
});

test("a Retry-After is seconds, or one of HTTP's three dates; nonsense counts as none", async () => {
  const cases: [string, number | undefined][] = [
    ["120", 120_000],
    ["0.25", 250],
    ["Wed, 21 Oct 2026 07:29:30 GMT", 90_000],
    ["Wednesday, 21-Oct-26 07:29:30 GMT", 90_000],
    ["Wed Oct 21 07:29:30 2026", 90_000],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
    ["", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["Soon 5", undefined],
    ["1e9", undefined],
  ];
  for (const [value, expected] of cases) {
    for (const status of [429, 503]) {
      const outcome = (await outcomeOf(status, { "Retry-After": value })) as TryLater;
      assert.is(outcome.waitMs, expected, value);
    }
  }
});

test("what the other side says is told, short and without the address", async () => {
  const { message } = (await outcomeOf(
    400,
    {},
    '{"message":\n "Cannot send an empty message at /hook/t0ken"}',
  )) as Error;
  assert.is(message, 'answered 400: {"message": "Cannot send an empty message at …"}');
  const long = (await outcomeOf(500, {}, "x".repeat(100_000))) as Error;
  assert.ok(long.message.length < 250);
});

test("a message that is refused for good holds back none behind it, and is told", async () => {
  const store = await storeWith(["one", "poison", "three"], ["hook"]);
  const sent: string[] = [];
  const results: string[] = [];
  const send = async (body: string) => {
    if (body === "poison") throw new RefusedForGood("answered 400");
    sent.push(body);
  };
  const subject = new Deliveries(store.database, new Map([["hook", send]]), {
    ...fakeClock(),
    onResult: (_target, result, problem) => results.push(`${result} ${problem ?? ""}`.trim()),
  });
  subject.start();
  await until(() => sent.length === 2);
  await subject.close();
  assert.equal(sent, ["one", "three"]);
  assert.equal(results, ["sent", "refused answered 400", "sent"]);
  assert.is(subject.waiting("hook"), 0);
  store.end();
});

test("a target that says when to come again is not asked before, also over a restart", async () => {
  const store = await storeWith(["one", "two"], ["hook"]);
  let now = 1_000_000;
  const asked: number[] = [];
  const options = {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms: number, signal: AbortSignal) => {
      if (!signal.aborted) now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const busy = async () => {
    asked.push(now);
    throw new TryLater("answered 429", 3_600_000);
  };
  const first = new Deliveries(store.database, new Map([["hook", busy]]), options);
  first.start();
  await until(() => asked.length === 1);
  await first.close();
  const sent: number[] = [];
  const second = new Deliveries(
    store.database,
    new Map([["hook", async () => void sent.push(now)]]),
    options,
  );
  second.start();
  await until(() => sent.length === 2);
  await second.close();
  assert.equal(asked, [1_000_000]);
  assert.ok(sent[0]! >= 1_000_000 + 3_600_000, `${sent}`);
  store.end();
});

test('who says "come again at once" for ever is asked less and less', async () => {
  const store = await storeWith(["one"], ["hook"]);
  const clock = fakeClock();
  let asked = 0;
  const subject = new Deliveries(
    store.database,
    new Map([
      [
        "hook",
        async () => {
          if (++asked === 4) throw new TryLater("answered 429", 30_000);
          if (asked <= 7) throw new TryLater("answered 429", 0);
        },
      ],
    ]),
    { ...clock, random: () => 0.5, backOff: { firstMs: 100, longestMs: 50_000 } },
  );
  subject.start();
  await until(() => asked === 8);
  await subject.close();
  assert.equal(clock.slept, [1000, 1000, 1000, 30_000, 1000, 3200, 6400]);
  store.end();
});

test("messages for targets that there are no more wait as long as any, and go", async () => {
  const store = await storeWith(["old"], ["gone", "hook"], 0);
  const event = madeUpEvent();
  await store.close(event, new Uint8Array(10));
  await store.explain(event, new Map(), [{ target: "gone", body: "new" }], 900_000);
  const subject = new Deliveries(store.database, new Map([["other", async () => {}]]), {
    ...fakeClock(),
    longestMs: 500_000,
  });
  subject.start();
  await subject.close();
  assert.equal(
    store.database.all("SELECT target, body FROM delivery").map(({ target, body }) => [target, body]),
    [["gone", "new"]],
  );
  store.end();
});

test("a clock that is set, while it runs or before, neither holds messages nor makes them old", async () => {
  const day = 24 * 3600 * 1000;
  let wall = 1_800_000_000_000;
  let elapsed = 0;
  const store = await EventStore.open(await temporary(), { now: () => wall, elapsed: () => elapsed });
  const event = madeUpEvent({ at: new Date(wall).toISOString() });
  await store.close(event, new Uint8Array(10));
  await store.explain(event, new Map(), [{ target: "hook", body: "{}" }], wall);
  wall += 40 * day;
  elapsed += 1000;
  const results: string[] = [];
  const run = async (fails: boolean) => {
    const before = results.length;
    const send = () => (fails ? Promise.reject(new Error("not now")) : Promise.resolve());
    const subject = new Deliveries(store.database, new Map([["hook", send]]), {
      now: () => wall,
      ages: () => store.clock.kept.time,
      onResult: (_target, result) => results.push(result),
    });
    subject.start();
    await until(() => results.length > before);
    await subject.close();
  };
  await run(true);
  // Back again: what was to be tried in some seconds is not tried in forty days.
  wall -= 40 * day;
  await run(false);
  assert.equal(results, ["failed", "sent"]);
  store.end();
});

test("no two messages have one id, also where none waits in between", async () => {
  const store = await EventStore.open(await temporary());
  const ids: number[] = [];
  for (const now of [1_000_000, 1_000_001, 1_000_001]) {
    const event = madeUpEvent();
    await store.close(event, new Uint8Array(10));
    const deliveries = ["one", "two"].map((target) => ({ target, body: "{}" }));
    await store.explain(event, new Map(), deliveries, now);
    ids.push(...store.database.all("SELECT id FROM delivery").map(({ id }) => Number(id)));
    store.database.run(`DELETE FROM delivery${now === 1_000_000 ? "" : " WHERE target = 'none'"}`);
  }
  // What was left from the second is seen with the third.
  assert.is(new Set(ids).size, 6, `${ids}`);
  store.end();
});

test("one address's trouble holds nobody else's messages", async () => {
  const store = await storeWith(["one", "two", "three"], ["stuck", "broken", "fine"]);
  const sent: string[] = [];
  let release: () => void = () => {};
  const stuck = new Promise<void>((resolve) => {
    release = resolve;
  });
  const subject = new Deliveries(
    store.database,
    new Map<string, Send>([
      ["stuck", () => stuck],
      ["broken", () => Promise.reject(new Error("ECONNREFUSED"))],
      ["fine", async (body: string) => void sent.push(body)],
    ]),
    { backOff: { firstMs: 3_600_000, longestMs: 3_600_000 }, now: () => 1_000_000 },
  );
  subject.start();
  await until(() => sent.length === 3);
  assert.is(subject.waiting("stuck"), 3);
  assert.is(subject.waiting("broken"), 3);
  release();
  await subject.close();
  store.end();
});

test("a database that cannot be written ends no deliveries, and no message is sent twice because of it", async () => {
  const store = await storeWith(["one", "two"], ["hook"]);
  let full = true;
  const database = new Proxy(store.database, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === "run" && full)
        return (sql: string, values: never[]) => {
          if (sql.startsWith("DELETE FROM delivery WHERE id")) throw new Error("database or disk is full");
          return target.run(sql, values);
        };
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const sent: string[] = [];
  const results: string[] = [];
  const clock = fakeClock();
  const subject = new Deliveries(database, new Map([["hook", async (body) => void sent.push(body)]]), {
    ...clock,
    onResult: (_target, result, problem) => {
      results.push(`${result} ${problem ?? ""}`.trim());
      if (results.length === 4) full = false;
    },
  });
  subject.start();
  await until(() => sent.length === 2);
  await subject.close();
  assert.equal(sent, ["one", "two"]);
  assert.is(results[1], "failed the database: database or disk is full");
  assert.is(subject.waiting("hook"), 0);
  store.end();
});

test("neither log nor database nor a refusal holds anything of a hook's address", async () => {
  const secret = /t0ken|s3cret|k3y/;
  for (const address of [
    "ftp://u:s3cret@host/hooks/t0ken?k=k3y",
    "https://u:s3#cret@host/t0ken",
    "host/hooks/t0ken?k=k3y",
    "s3cret",
  ]) {
    assert.throws(
      () => webhook(address),
      (error: Error) => /http or https/.test(error.message) && !secret.test(error.message),
    );
    assert.throws(
      () => checkBroker(address),
      (error: Error) => /mqtt:\/\/host/.test(error.message) && !secret.test(error.message),
    );
  }
  const lines: string[] = [];
  const store = await EventStore.open(await temporary());
  const outputs = new Outputs(
    { webhooks: ["http://u:s3cret@127.0.0.1:1/hooks/t0ken?k=k3y"] },
    {
      store,
      inputs: ["yard"],
      labels: ["dog"],
      version: "1",
      readOnly: false,
      log: (line) => lines.push(line),
    },
  );
  const event = madeUpEvent();
  await store.close(event, new Uint8Array(10));
  await store.explain(event, new Map(), outputs.deliveriesOf(event), Date.now());
  await outputs.start();
  await until(() => lines.length > 0);
  outputs.hangUp();
  await outputs.close();
  assert.match(
    lines[0]!,
    /^web hook http:\/\/127\.0\.0\.1:1\/…: a message did not arrive and is tried again/,
  );
  const rows = JSON.stringify([
    lines,
    store.database.all("SELECT * FROM delivery"),
    await outputs.metrics.text(),
  ]);
  assert.not.match(rows, secret);
  store.end();
});

test("what waits for several web hooks is counted together", async () => {
  const store = await EventStore.open(await temporary());
  const outputs = new Outputs(
    { webhooks: ["http://127.0.0.1:1/one", "http://127.0.0.1:1/two"] },
    { store, inputs: ["yard"], labels: ["dog"], version: "1", readOnly: false, log: () => {} },
  );
  for (const event of [madeUpEvent(), madeUpEvent()]) {
    await store.close(event, new Uint8Array(10));
    await store.explain(event, new Map(), outputs.deliveriesOf(event), Date.now());
  }
  assert.match(await outputs.metrics.text(), /listenable_monitor_deliveries_waiting\{target="webhook"\} 4/);
  outputs.hangUp();
  await outputs.close();
  store.end();
});

test("live sound is WAV without an end; a listener that does not read loses sound, others don't", async () => {
  const live = new LiveAudio(2);
  const reader = new PassThrough({ highWaterMark: 1 << 24 });
  const chunks: Buffer[] = [];
  reader.on("data", (chunk: Buffer) => chunks.push(chunk));
  const stuck = new PassThrough({ highWaterMark: 1 });
  assert.ok(live.add("explanation", reader));
  assert.ok(live.add("original", stuck));
  assert.not(live.add("original", new PassThrough()), "a third one is one too many");
  const original = new Float32Array(16_000).fill(0.25);
  const explanation = new Float32Array(16_000).fill(0.5);
  for (let n = 0; n < 20; n++) live.publish(16_000, { original, explanation });
  await new Promise((resolve) => setImmediate(resolve));
  const wav = readWav(new Uint8Array(Buffer.concat(chunks)), "live");
  assert.is(wav.channels[0].length, 20 * 16_000);
  assert.is(wav.channels[0][5], 0.5);
  assert.ok(live.droppedSeconds >= 13, `${live.droppedSeconds} s dropped`);
  assert.ok(stuck.writableLength < 7 * 32_000);
  reader.destroy();
  stuck.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(live.listeners, 0);
});

test("labels for spreadsheets, programs and Audacity", () => {
  const event = madeUpEvent({
    input: '=yard, "north"',
    file: "night.wav",
    labels: ["rooster", "clock_tick"],
  });
  const labels = labelsOf([{ event, review: "right", bytes: 0 }], ({ id }) => `events/${id}/clip.wav`);
  const [header, first, second, end] = labelsCsv(labels).split("\r\n");
  assert.is(header, "id,at,input,file,start,end,label,confidence,badge,review,clip,clipStart,clipEnd");
  assert.ok(first.includes(`"'=yard, ""north""",night.wav,3,4.5,rooster,0.95,,right,`));
  assert.ok(first.endsWith(",2,3.5"));
  assert.ok(second.includes("clock_tick"));
  assert.is(end, "");
  const forged = madeUpEvent({ labels: ["dog\n0\t9\tforged"] });
  assert.is(
    labelsAudacity(labelsOf([{ event: forged, review: null, bytes: 0 }], () => "")),
    "3.000000\t4.500000\tdog\\n0\\t9\\tforged\n",
  );
  assert.is(
    labelsAudacity(labels),
    "3.000000\t4.500000\trooster (right)\n3.000000\t4.500000\tclock_tick (right)\n",
  );
});

test.run();
