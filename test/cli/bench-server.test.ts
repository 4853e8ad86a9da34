// The load generator: that it counts every window once, finds the knee, and leaves a real server as it was.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { carried, findKnee } from "../../cli/bench/load/find-knee.ts";
import { loadSound } from "../../cli/bench/load/load-sound.ts";
import { type LoadFigures, runLoad } from "../../cli/bench/load/run-load.ts";
import { decodeClientMessage } from "../../protocol/wire.ts";
import { type RunningServer, startServer } from "../../server/start-server.ts";
import { runCli, TINY_PACK } from "./run-cli.ts";

/** What a server that carries `most` sessions gives. */
function figures(sessions: number, most: number): LoadFigures {
  const misses = sessions <= most ? 0 : 50;
  return { sessions, asked: 1000, misses, refused: {}, ended: {} } as LoadFigures;
}

test("the knee is found to an eighth, wherever it is, and every load is told in order", async () => {
  for (const most of [1, 5, 16, 17, 63, 64, 100, 777]) {
    const { sessions, steps } = await findKnee(1, async (n) => figures(n, most));
    assert.ok(sessions <= most && sessions >= most - Math.max(1, most / 8), `${sessions} of ${most}`);
    const tried = steps.map((each) => each.sessions);
    assert.equal(
      tried,
      [...tried].sort((a, b) => a - b),
    );
    assert.is(new Set(tried).size, tried.length);
  }
  assert.is((await findKnee(16, async (n) => figures(n, 3))).sessions, 0);
});

test("a server that turns somebody away does not carry the load", () => {
  assert.ok(carried(figures(4, 4)));
  assert.not(carried({ ...figures(4, 4), refused: { "server-full": 1 } }));
  assert.not(carried({ ...figures(4, 4), ended: { internal: 1 } }));
  assert.not(carried({ ...figures(4, 4), asked: 0, misses: 0 }));
});

test("messages of the made-up sound hold its frames, across its end too", () => {
  const sound = loadSound(16_000, { window: 512, hop: 128, bins: 257 }, 256);
  const levels = (from: number, count: number) => {
    const message = decodeClientMessage(sound.message(7, from, count).buffer as ArrayBuffer);
    assert.is(message.type, "frames");
    if (message.type !== "frames") return new Uint16Array();
    assert.is(message.firstFrame, 7);
    assert.is(message.frames, count);
    return message.levels;
  };
  const around = levels(sound.length - 3, 6);
  assert.equal(around.slice(3 * 257), levels(0, 3));
  assert.equal(levels(sound.length + 5, 4), levels(5, 4));
  assert.ok(around.some((level) => level > 0));
});

async function withServer(sessions: number, use: (server: RunningServer) => Promise<void>): Promise<void> {
  const server = await startServer({ pack: TINY_PACK, port: 0, lanes: 1, limits: { sessions } });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

const LOAD = { rate: 10, seconds: 1.5, limitMs: 60_000, seed: 1 };

test("every window is answered, dropped or told of as lost, and the sessions are gone afterwards", async () => {
  await withServer(64, async ({ explainUrl: url, url: http }) => {
    const load = await runLoad({ url, sessions: 4, pid: process.pid, ...LOAD });
    assert.is(load.asked, load.answered + load.dropped + load.failed + load.unanswered);
    assert.is(load.asked, 4 * 15);
    assert.is(load.misses, load.asked - load.answered);
    assert.equal(load.refused, {});
    assert.equal(load.ended, {});
    assert.ok(load.p50Ms > 0 && load.p50Ms <= load.p99Ms && load.p99Ms <= load.maxMs);
    let sessions = Number.NaN;
    for (let n = 0; n < 100 && sessions !== 0; n++) {
      ({ sessions } = (await (await fetch(`${http}healthz`)).json()) as { sessions: number });
    }
    assert.is(sessions, 0);
  });
});

test("who is not let in is told by reason, and the others are measured", async () => {
  await withServer(2, async ({ explainUrl: url }) => {
    const load = await runLoad({ url, sessions: 5, ...LOAD });
    assert.equal(load.refused, { "server-full": 3 });
    assert.is(load.asked, 2 * 15);
  });
  const nobody = await runLoad({ url: "ws://127.0.0.1:9/explain", sessions: 2, ...LOAD });
  assert.equal(nobody.refused, { ECONNREFUSED: 2 });
  assert.is(nobody.asked, 0);
});

test("streams of a streaming pack send each block once, 64 ms at a time, and what the server ran together is told", async () => {
  const server = await startServer({ pack: "test/fixtures/tiny-streaming", port: 0, lanes: 1, batch: 4 });
  const metrics = `${server.url}metrics`;
  try {
    const { explainUrl: url } = server;
    const load = await runLoad({ ...LOAD, url, metrics, sessions: 6, rate: undefined, seconds: 1.6 });
    assert.is(load.rate, 1000 / 64);
    assert.is(load.asked, 6 * 25);
    assert.is(load.asked, load.answered + load.dropped + load.failed + load.unanswered);
    // What was dropped while it warmed up is not counted, and the first that is counted may begin anew for it.
    assert.ok(
      load.restarts <= load.dropped + 6,
      "each block goes on from the one before, if none was dropped",
    );
    assert.equal(load.ended, {});
    assert.ok(load.batch! >= 1 && load.batch! <= 4);
  } finally {
    await server.close();
  }
});

test("bench server starts its own server, and compares with lanes that have none", async () => {
  const words = ["bench", "server", "--sessions", "3", "--seconds", "1", "--pack", TINY_PACK, "--json"];
  const run = await runCli(...words, "--lanes", "1");
  assert.is(run.status, 0, run.stderr);
  const [{ raw, loads, knee }] = JSON.parse(run.stdout).runs;
  assert.ok(raw.windowsPerSecond > 0);
  assert.is(loads[0].asked, 30);
  assert.is(knee, null);
  assert.ok(loads[0].shareOfRaw >= 0);
  assert.ok(raw.batch >= 1);
  const misused = await runCli("bench", "server", "--url", "ws://127.0.0.1:9", "--matrix");
  assert.is(misused.status, 2);
});

test.run();
