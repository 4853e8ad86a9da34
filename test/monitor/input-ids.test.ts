// Ids differ whenever names do, and stay; over a broker of this test's own, topics and Home Assistant's ids with them.
import { createServer, type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RefusedForGood } from "../../monitor/outputs/deliveries.ts";
import { inputIds, keptInputIds } from "../../monitor/outputs/input-ids.ts";
import { MqttOutput } from "../../monitor/outputs/mqtt.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { until } from "../until.ts";
import { madeUpEvent } from "./made-up-event.ts";
import { temporary } from "./rig.ts";

const NAMES = [
  "двор",
  "улица",
  "yard 1",
  "yard-1",
  "Yard 1",
  "日本",
  "中国",
  "Höf",
  "Hof",
  "hof",
  "é",
  "e\u0301x",
  "...",
  "input",
];

test("ids differ whenever names do, whatever the order of the inputs", () => {
  const ids = inputIds(NAMES);
  assert.is(new Set(ids.values()).size, NAMES.length);
  for (const id of ids.values()) assert.match(id, /^[a-z0-9]+(_[a-z0-9]+)*$/);
  const turned = inputIds([...NAMES].reverse());
  for (const name of NAMES) assert.is(turned.get(name), ids.get(name));
});

test("a name that no other is taken for has the id that it always had", () => {
  for (const [name, id] of [
    ["yard", "yard"],
    ["yard-1", "yard_1"],
    ["Front Yard", "front_yard"],
    ["Höf 2", "ho_f_2"],
    ["input", "input"],
  ] as const) {
    assert.is(inputIds([name, "street", "двор"]).get(name), id);
  }
  const both = inputIds(["yard_1", "yard-1"]);
  assert.is(both.get("yard_1"), "yard_1", "whose name is its id keeps it");
  assert.match(both.get("yard-1")!, /^yard_1_[0-9a-f]{8}$/);
});

test("a name that is made to look like another's id gets none that is taken", () => {
  const [, id] = [...inputIds(["a-b", "a b"])][0]!;
  const ids = inputIds(["a-b", "a b", id]);
  assert.is(new Set(ids.values()).size, 3);
});

test("an id that was given stays, whatever inputs come and go", async () => {
  const store = await EventStore.open(await temporary());
  const alone = keptInputIds(["yard 1", "двор"], store.database);
  const more = keptInputIds(["yard-1", "yard 1", "yard_1", "улица", "двор"], store.database);
  const less = keptInputIds(["yard-1"], store.database);
  assert.is(alone.get("yard 1"), "yard_1");
  for (const name of ["yard 1", "двор"]) assert.is(more.get(name), alone.get(name));
  assert.is(less.get("yard-1"), more.get("yard-1"));
  assert.is(new Set(more.values()).size, 5);
  store.end();
});

const CONNECT = 1;
const PUBLISH = 3;

/** A broker that takes everything and remembers it: as much of MQTT 3.1.1 as that needs. */
async function broker() {
  const published: { topic: string; payload: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    const take = (packet: number, body: Buffer) => {
      if (packet >> 4 === CONNECT) socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (packet >> 4 !== PUBLISH) return;
      const end = 2 + body.readUInt16BE(0);
      published.push({ topic: body.toString("utf8", 2, end), payload: body.toString("utf8", end + 2) });
      socket.write(Buffer.from([0x40, 2, body[end]!, body[end + 1]!]));
    };
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        waiting = Buffer.concat([waiting, bytes]);
        for (;;) {
          let length = 0;
          let at = 1;
          do length += (waiting[at]! & 127) << (7 * (at - 1));
          while (waiting[at++]! & 128);
          if (!(waiting.length >= at + length)) return;
          take(waiting[0]!, waiting.subarray(at, at + length));
          waiting = waiting.subarray(at + length);
        }
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `mqtt://127.0.0.1:${port}`, published, close };
}

test("topics and Home Assistant's ids are each input's own", async () => {
  const { url, published, close } = await broker();
  const lines: string[] = [];
  const mqtt = new MqttOutput({
    url,
    inputs: NAMES,
    labels: ["dog"],
    version: "1",
    log: (line) => lines.push(line),
  });
  for (const name of NAMES) mqtt.setState(name, "running");
  await until("the greeting", () => published.some(({ topic }) => topic === "listenable/status"));
  for (const input of NAMES) await mqtt.send(JSON.stringify(madeUpEvent({ input })), 1);
  const topics = published.map(({ topic }) => topic);
  const count = (pattern: RegExp) => new Set(topics.filter((topic) => pattern.test(topic))).size;
  assert.is(count(/^listenable\/[^/]+\/event$/), NAMES.length);
  assert.is(count(/^listenable\/[^/]+\/running$/), NAMES.length);
  assert.is(count(/^homeassistant\/event\/[^/]+\/heard\/config$/), NAMES.length);
  const configs = published
    .filter(({ topic }) => topic.startsWith("homeassistant/"))
    .map(({ payload }) => JSON.parse(payload) as { unique_id: string; device: { identifiers: string[] } });
  assert.is(new Set(configs.map(({ unique_id }) => unique_id)).size, 3 * NAMES.length);
  assert.is(new Set(configs.flatMap(({ device }) => device.identifiers)).size, NAMES.length);
  assert.equal(lines, []);
  for (const body of ["", "{", "null", "{}", '{"input":1}']) {
    const problem = await mqtt.send(body, 1).catch((error: Error) => error);
    assert.instance(problem, RefusedForGood, body);
  }
  await mqtt.close();
  close();
});

test("Home Assistant is not told fifteen thousand classes: one event type for all, the class as its attribute", async () => {
  const greeting = async (labels: readonly string[]) => {
    const { url, published, close } = await broker();
    const mqtt = new MqttOutput({ url, inputs: ["yard"], labels, version: "1", log: () => {} });
    await until("the greeting", () => published.some(({ topic }) => topic === "listenable/status"));
    await mqtt.close();
    close();
    const [heard] = published.filter(({ topic }) => topic.endsWith("/heard/config"));
    const bytes = published.reduce((sum, { payload }) => sum + payload.length, 0);
    return { config: JSON.parse(heard!.payload) as Record<string, unknown>, count: published.length, bytes };
  };
  const few = await greeting(["dog", "cat"]);
  const many = await greeting(Array.from({ length: 14_795 }, (_, k) => `Species number ${k}`));
  assert.equal(few.config["event_types"], ["dog", "cat"]);
  assert.match(String(few.config["value_template"]), "'event_type': value_json.event_type");
  assert.equal(many.config["event_types"], ["heard"]);
  assert.match(
    String(many.config["value_template"]),
    "'event_type': 'heard', 'class': value_json.event_type",
  );
  assert.is(many.count, few.count);
  assert.ok(many.bytes < few.bytes + 100);
});

test.run();
