/**
 * What ffmpeg really does with addresses: when it says the sound came, where it lets itself be led, what it asks cameras
 * for. Servers on loopback; skipped where ffmpeg is not installed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { ffmpegInput, streamArguments } from "../../monitor/inputs/ffmpeg-input.ts";
import type { InputReport } from "../../monitor/inputs/input.ts";
import { STREAM_KINDS, streamTimeErrors } from "../../tools/stream-times/radio.ts";
import { RATE, tone } from "./rig.ts";

const missing = spawnSync("ffmpeg", ["-version"]).error !== undefined;
const check = missing ? test.skip : test;

const folder = mkdtempSync(join(tmpdir(), "listenable-streams-"));
const open = new Set<Server>();
const sockets = new Set<Socket>();
test.after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) server.close();
  rmSync(folder, { recursive: true });
});

async function listening(server: Server): Promise<number> {
  open.add(server);
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (answer: RequestListener) => listening(createServer(answer));

/** Hears an address until `enough` says so, or it waits because something was wrong: the reason is given. */
async function heard(
  address: string,
  options: {
    readonly followTo?: readonly string[];
    readonly onBlock?: (block: Float32Array, at: (sample: number) => Date) => boolean | undefined;
  } = {},
): Promise<{ reason: string; samples: number; notes: string[] }> {
  const stop = new AbortController();
  const notes: string[] = [];
  let reason = "";
  let samples = 0;
  const report: InputReport = {
    state(state, detail = "") {
      if (state !== "waiting") return;
      reason = detail;
      stop.abort();
    },
    dropped() {},
    failed() {},
    noted: (note) => notes.push(note),
  };
  const input = ffmpegInput("x", address, streamArguments(address, options.followTo !== undefined), {
    followTo: options.followTo,
    stallSeconds: 20,
    sleep: async () => {},
  });
  for await (const { blocks, timeOf, sampleRate } of input.stretches(report, stop.signal)) {
    for await (const block of blocks) {
      samples += block.length;
      if (options.onBlock?.(block, (n) => timeOf!(n / sampleRate))) stop.abort();
    }
  }
  return { reason, samples, notes };
}

check("sound over HTTP, of any kind: tones after a pause are dated when they were sent", async () => {
  await Promise.all(
    STREAM_KINDS.map(async (kind) => {
      for (const error of await streamTimeErrors(kind, 2, 3)) {
        assert.ok(Math.abs(error) < 500, `${kind}: ${error} ms`);
      }
    }),
  );
});

/** A server that counts who asks it for what, and has sound for everybody. */
async function innerServer() {
  const asked: string[] = [];
  const sound = writeWav([tone(440, 2)], RATE);
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "content-type": "audio/wav" }).end(sound);
  });
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.destroy();
  });
  return { asked, port: await listening(server) };
}

check("a redirect to another host is refused unless it is allowed, and says how", async () => {
  const inner = await innerServer();
  for (const to of [`http://127.0.0.1:${inner.port}/secret`, `http://localhost:${inner.port}/secret`]) {
    const port = await serve((_, response) => response.writeHead(302, { location: to }).end());
    // The path is a secret, and a word of the advice.
    const address = `http://127.0.0.1:${port}/to`;
    const refused = await heard(address);
    assert.is(refused.samples, 0);
    assert.equal(inner.asked, []);
    const host = new URL(to).host;
    assert.match(refused.reason, `leads to ${host}`);
    assert.match(refused.reason, `--follow-to ${host}`);
    const allowed = await heard(address, { followTo: [host] });
    assert.ok(allowed.samples > 0, allowed.reason);
    assert.equal(inner.asked.splice(0), ["/secret"]);
  }
});

check("a redirect from http to https says what to do", async () => {
  const port = await serve((_, response) =>
    response.writeHead(302, { location: "https://127.0.0.1/" }).end(),
  );
  const { reason } = await heard(`http://127.0.0.1:${port}/`);
  assert.match(reason, /leads to https: give its https address/);
});

check("a redirect within the host is followed, and so are query and password", async () => {
  const sound = writeWav([tone(440, 1)], RATE);
  const asked: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="radio"' }).end();
      return;
    }
    asked.push(request.url, authorization);
    if (request.url?.startsWith("/a")) response.writeHead(301, { location: "/b?x=1" }).end();
    else response.writeHead(200, { "content-type": "audio/wav" }).end(sound);
  });
  const { samples } = await heard(`http://me:secret@127.0.0.1:${port}/a?key=1`);
  assert.ok(samples > 0);
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  assert.equal(asked, ["/a?key=1", basic, "/b?x=1", basic]);
});

check("a playlist can name neither another host nor a file of this machine", async () => {
  const inner = await innerServer();
  const file = join(folder, "private.wav");
  writeFileSync(file, writeWav([tone(440, 2)], RATE));
  for (const segment of [
    `http://127.0.0.1:${inner.port}/segment.wav`,
    `httpproxy://127.0.0.1:${inner.port}/segment.wav`,
    `tcp://127.0.0.1:${inner.port}`,
    `file://${file}`,
    file,
    `concat:${file}|${file}`,
    `subfile,,start,0,end,0,,:${file}`,
    `crypto:${file}`,
  ]) {
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${segment}\n#EXT-X-ENDLIST\n`;
    const port = await serve((request, response) => {
      const playlist = request.url === "/live.m3u8";
      response.writeHead(playlist ? 200 : 404, { "content-type": "application/vnd.apple.mpegurl" });
      response.end(playlist ? list : "");
    });
    const { samples } = await heard(`http://127.0.0.1:${port}/live.m3u8`);
    assert.is(samples, 0, segment);
    assert.equal(inner.asked, []);
  }
});

check("a radio that answers ICY instead of HTTP is heard", async () => {
  const from = join(folder, "tone.wav");
  const to = join(folder, "tone.mp3");
  writeFileSync(from, writeWav([tone(440, 8)], RATE));
  execFileSync("ffmpeg", ["-v", "error", "-i", from, to]);
  const mp3 = readFileSync(to);
  const port = await listening(
    createTcpServer((socket) =>
      socket.once("data", () => {
        socket.write("ICY 200 OK\r\nicy-name: old radio\r\ncontent-type: audio/mpeg\r\n\r\n");
        socket.end(mp3);
      }),
    ),
  );
  const { samples, reason } = await heard(`icy://127.0.0.1:${port}/`);
  assert.ok(samples > 5 * 32_000, `${samples} ${reason}`);
});

check("stereo that is upside down on one side is heard, with a note", async () => {
  const left = tone(440, 4);
  const sound = writeWav([left, left.map((sample) => -sample)], RATE);
  const port = await serve((_, response) =>
    response.writeHead(200, { "content-type": "audio/wav" }).end(sound),
  );
  let loudest = 0;
  const { notes } = await heard(`http://127.0.0.1:${port}/`, {
    onBlock(block) {
      for (const sample of block) loudest = Math.max(loudest, Math.abs(sample));
      return false;
    },
  });
  assert.ok(loudest > 0.4, `${loudest}`);
  assert.is(notes.length, 1);
  assert.match(notes[0], /cancel each other.*--channel/);
});

const SDP = [
  "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0",
  "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:video",
  "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:audio",
  "",
].join("\r\n");

/** An RTSP server that answers every request by `answer`, and what it was asked. */
async function camera(answer: (method: string, request: string) => string) {
  const asked: string[] = [];
  const port = await listening(
    createTcpServer((socket) => {
      let text = "";
      socket.setEncoding("latin1").on("data", (bytes: string) => {
        text += bytes;
        for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
          const request = text.slice(0, end);
          text = text.slice(end + 4);
          const [method = "", target = ""] = request.split(" ");
          asked.push(`${method} ${target.replace(/^rtsp:\/\/[^/]*/, "")}`);
          socket.write(answer(method, request));
          if (method === "PLAY") socket.end();
        }
      });
    }),
  );
  return { asked, port };
}

function reply(request: string, status: string, fields = "", body = ""): string {
  const sequence = /CSeq: (\d+)/.exec(request)?.[1];
  const length = body === "" ? "" : `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n`;
  return `RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n${fields}${length}\r\n${body}`;
}

function asCamera(method: string, request: string): string {
  if (method === "OPTIONS")
    return reply(request, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
  if (method === "DESCRIBE") return reply(request, "200 OK", "", SDP);
  const transport = /Transport: .*/.exec(request)?.[0].trim();
  const fields = method === "SETUP" ? `${transport}\r\n` : "";
  return reply(request, "200 OK", `${fields}Session: 1\r\n`);
}

check("a camera is asked for its sound alone", async () => {
  const { asked, port } = await camera(asCamera);
  await heard(`rtsp://127.0.0.1:${port}/live`);
  assert.equal(
    asked.filter((line) => line.startsWith("SETUP")),
    ["SETUP /live/audio"],
  );
});

check("a camera that leads to another host is left, and that is said", async () => {
  const inner = await camera(asCamera);
  const leading = await camera((method, request) =>
    method === "DESCRIBE"
      ? reply(request, "302 Moved", `Location: rtsp://127.0.0.1:${inner.port}/private\r\n`)
      : asCamera(method, request),
  );
  const { reason } = await heard(`rtsp://127.0.0.1:${leading.port}/live`);
  assert.match(reason, `leads to 127.0.0.1:${inner.port}`);
  assert.equal(
    inner.asked.filter((line) => line.startsWith("PLAY")),
    [],
  );
});

test.run();
