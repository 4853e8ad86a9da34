/**
 * Against real programs: an Icecast server, an MQTT broker and ffmpeg, each a process of its own on a loopback port.
 * Skipped where they are not installed (Debian: apt-get install icecast2 mosquitto ffmpeg).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import type { FeedMessage } from "../../monitor/feed.ts";
import { ffmpegInput, streamArguments } from "../../monitor/inputs/ffmpeg-input.ts";
import type { RunningMonitor } from "../../monitor/start-monitor.ts";
import { sendFile } from "../../server/http/send-file.ts";
import { LIMIT_MS, until } from "../until.ts";
import { closeAll, joined, quiet, RATE, startRig, temporary, tone } from "./rig.ts";

const PATH = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin`;
const isThere = (program: string) => !spawnSync(program, ["-h"], { env: { ...process.env, PATH } }).error;
const missing = ["icecast2", "mosquitto", "ffmpeg"].filter((program) => !isThere(program));

const children = new Set<ChildProcess>();
/** What a test that failed leaves open, which would keep this process. */
const leftOpen: (() => Promise<void>)[] = [];

function start(program: string, ...words: string[]): ChildProcess {
  const child = spawn(program, words, { stdio: "ignore", env: { ...process.env, PATH } });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (!children.has(child)) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
}

function freePort(): Promise<number> {
  const server = createTcpServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}

/** The next message of the feed that fits. */
function next(monitor: RunningMonitor, fits: (message: FeedMessage) => boolean): Promise<FeedMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("what was waited for did not come")), LIMIT_MS);
    const stop = monitor.feed.listen((message) => {
      if (!fits(message)) return;
      clearTimeout(timer);
      stop();
      resolve(message);
    });
  });
}

const folder = await temporary();
const sound = join(folder, "sound.wav");
/** A low tone of a second every three and a half. */
await writeFile(sound, writeWav([joined(quiet(1), tone(300, 1), quiet(1.5))], RATE));

const FAST = { backOff: { firstMs: 200, longestMs: 500 }, stallSeconds: 10 };
const streamed = (url: string, name = "yard") => ffmpegInput(name, url, streamArguments(url), FAST);
const forEver = ["-re", "-stream_loop", "-1", "-i", sound];

async function startIcecast(port: number): Promise<ChildProcess> {
  const config = join(folder, "icecast.xml");
  const owner =
    process.getuid?.() === 0 ? "<changeowner><user>nobody</user><group>nogroup</group></changeowner>" : "";
  await mkdir(join(folder, "log"), { recursive: true });
  await writeFile(
    config,
    `<icecast>
      <limits><clients>10</clients><sources>2</sources><source-timeout>5</source-timeout></limits>
      <authentication><source-password>secret</source-password><admin-user>a</admin-user><admin-password>b</admin-password></authentication>
      <hostname>localhost</hostname>
      <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
      <paths><logdir>${join(folder, "log")}</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
      <logging><errorlog>-</errorlog><accesslog>-</accesslog><loglevel>1</loglevel></logging>
      <security><chroot>0</chroot>${owner}</security>
    </icecast>`,
  );
  return start("icecast2", "-c", config);
}

/** Sends the sound to Icecast, again and again until it is there. */
function sendToIcecast(port: number): () => Promise<void> {
  let ended = false;
  let child: ChildProcess | undefined;
  const again = () => {
    if (ended) return;
    child = start(
      "ffmpeg",
      ...["-hide_banner", "-loglevel", "error", ...forEver, "-c:a", "libvorbis", "-f", "ogg"],
      ...["-content_type", "application/ogg", `icecast://source:secret@127.0.0.1:${port}/yard.ogg`],
    );
    child.once("close", () => setTimeout(again, 300));
  };
  again();
  const stop = async () => {
    ended = true;
    if (child) await end(child);
  };
  leftOpen.push(stop);
  return stop;
}

interface Broker {
  readonly child: ChildProcess;
  readonly client: MqttClient;
  readonly messages: { readonly topic: string; readonly payload: string }[];
}

async function startBroker(port: number): Promise<Broker> {
  const child = start("mosquitto", "-p", `${port}`);
  let client: MqttClient | undefined;
  for (const limit = Date.now() + LIMIT_MS; !client; ) {
    client = await connectAsync(`mqtt://127.0.0.1:${port}`).catch((error: Error) => {
      if (Date.now() > limit) throw error;
      return undefined;
    });
    if (!client) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const made = client;
  leftOpen.push(() => made.endAsync(true));
  const messages: Broker["messages"] = [];
  client.on("message", (topic, payload) => messages.push({ topic, payload: payload.toString() }));
  await client.subscribeAsync("#", { qos: 1 });
  return { child, client, messages };
}

/**
 * What the monitor takes for the broker: there only when the test has subscribed at the real one, or an event would come
 * before the test hears it. @returns what closes it and cuts who is connected off.
 */
async function openGate(port: number, to: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const gate = createTcpServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => gate.listen(port, "127.0.0.1", resolve));
  const close = async () => {
    const closed = new Promise((resolve) => gate.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  leftOpen.push(close);
  return close;
}

const run = missing.length === 0 ? test : test.skip;
const why = missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} not installed)`;

run(
  `an Icecast stream is heard, comes back after its server was gone, and MQTT loses nothing${why}`,
  async () => {
    const [icecastPort, mqttPort, gatePort] = [await freePort(), await freePort(), await freePort()];
    const { monitor } = await startRig([streamed(`http://127.0.0.1:${icecastPort}/yard.ogg`)], {
      mqtt: { url: `mqtt://127.0.0.1:${gatePort}`, reconnectMs: 300 },
      before: 0.5,
      after: 0.5,
      // Far beyond the test: what brings the events is the connection.
      deliveries: { backOff: { firstMs: 3_600_000, longestMs: 3_600_000 } },
      detector: { coolDown: 0, gap: 0.5 },
    });
    let broker = await startBroker(mqttPort);
    let closeGate = await openGate(gatePort, mqttPort);
    // The monitor was there first: it tries again until there is a server, then a stream.
    await next(monitor, (message) => message.type === "input" && message.state === "waiting");
    let icecast = await startIcecast(icecastPort);
    const stopSending = sendToIcecast(icecastPort);
    const eventTopic = "listenable/yard/event";
    const eventsAt = ({ messages }: Broker) => messages.filter(({ topic }) => topic === eventTopic).length;

    await next(monitor, (message) => message.type === "explained");
    await until("an event over MQTT", () => eventsAt(broker) > 0);
    const event = JSON.parse(broker.messages.find(({ topic }) => topic === eventTopic)!.payload);
    assert.is(event.event_type, "low");
    assert.is(event.input, "yard");
    await until("the status", () =>
      broker.messages.some(({ topic, payload }) => topic === "listenable/status" && payload === "online"),
    );
    const discovery = broker.messages.find(
      ({ topic }) => topic === "homeassistant/event/listenable_yard/heard/config",
    )!;
    const config = JSON.parse(discovery.payload);
    assert.is(config.state_topic, eventTopic);
    assert.equal(config.event_types, ["low", "high"]);

    await end(icecast);
    await next(monitor, (message) => message.type === "input" && message.state === "waiting");
    await until(
      "the input's state",
      () =>
        broker.messages.at(-1)?.topic === "listenable/yard/running" &&
        broker.messages.at(-1)?.payload === "OFF",
    );
    icecast = await startIcecast(icecastPort);
    const before = eventsAt(broker);
    await next(monitor, (message) => message.type === "explained");
    await until("another event over MQTT", () => eventsAt(broker) > before);

    // While the broker is away an event waits in the database.
    await closeGate();
    await broker.client.endAsync(true);
    await end(broker.child);
    const waited = await next(monitor, (message) => message.type === "explained");
    broker = await startBroker(mqttPort);
    closeGate = await openGate(gatePort, mqttPort);
    const { id } = waited.type === "explained" ? waited.event : { id: "" };
    await until("the event that waited", () =>
      broker.messages.some(({ topic, payload }) => topic === eventTopic && JSON.parse(payload).id === id),
    );
    await monitor.close();
    await until("the goodbye", () =>
      broker.messages.some(({ topic, payload }) => topic === "listenable/status" && payload === "offline"),
    );
    await broker.client.endAsync(true);
    await closeGate();
    await stopSending();
    await end(icecast);
    await end(broker.child);
  },
);

run(`HLS over HTTP and RTMP are heard${why}`, async () => {
  const hls = await temporary();
  const writing = start(
    "ffmpeg",
    ...["-hide_banner", "-loglevel", "error", ...forEver, "-c:a", "aac", "-f", "hls", "-hls_time", "1"],
    ...["-hls_list_size", "6", "-hls_flags", "delete_segments", join(hls, "live.m3u8")],
  );
  const server = createServer((request, response) => {
    const file = join(hls, (request.url ?? "").split("?")[0].slice(1));
    sendFile(file, { request, response }).catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const rtmpPort = await freePort();
  const rtmp = start(
    "ffmpeg",
    ...["-hide_banner", "-loglevel", "error", ...forEver, "-c:a", "aac", "-f", "flv"],
    ...["-listen", "1", `rtmp://127.0.0.1:${rtmpPort}/live/yard`],
  );
  const inputs = [
    streamed(`http://127.0.0.1:${port}/live.m3u8`, "hls"),
    streamed(`rtmp://127.0.0.1:${rtmpPort}/live/yard`, "rtmp"),
  ];
  const { monitor, store } = await startRig(inputs);
  await until("an event over HLS", () => store.count({ input: "hls", label: "low" }) > 0);
  await until("an event over RTMP", () => store.count({ input: "rtmp", label: "low" }) > 0);
  await monitor.close();
  server.close();
  server.closeAllConnections();
  await end(writing);
  await end(rtmp);
});

test.after(async () => {
  await closeAll();
  for (const close of leftOpen) await close();
  for (const child of children) await end(child);
});

test.run();
