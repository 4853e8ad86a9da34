import { createServer, get, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sendPieces } from "../../../server/http/send-pieces.ts";
import { until } from "../../until.ts";

async function served(answer: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const PIECE = "x".repeat(100_000);

test("pieces become one answer; a HEAD asks for none of them", async () => {
  let made = 0;
  const pieces = async function* () {
    for (const piece of ["a", "b", "", "c"]) {
      made++;
      yield piece;
    }
  };
  const { url, close } = await served(
    (request, response) => void sendPieces({ request, response }, pieces(), "text/csv"),
  );
  const response = await fetch(url);
  assert.is(await response.text(), "abc");
  assert.is(response.headers.get("content-type"), "text/csv");
  assert.is(response.headers.get("cache-control"), "no-store");
  assert.is(made, 4);
  const head = await fetch(url, { method: "HEAD" });
  assert.is(head.status, 200);
  assert.is(made, 4);
  close();
});

test("no more is made than the client reads, and nothing for one that has gone", async () => {
  let made = 0;
  let ended = false;
  const pieces = async function* () {
    try {
      for (; ; made++) yield PIECE;
    } finally {
      ended = true;
    }
  };
  const done: Promise<void>[] = [];
  const { url, close } = await served((request, response) => {
    done.push(sendPieces({ request, response }, pieces(), "text/csv"));
  });
  const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
  response.pause();
  let before = -1;
  await until("a stop", () => {
    const still = made === before && made > 0;
    before = made;
    return still;
  });
  // Buffers of both ends and of the system: some megabytes.
  assert.ok(made < 1000, `${made} pieces`);
  response.destroy();
  await Promise.all(done);
  assert.ok(ended);
  close();
});

test("what fails while it is made breaks the answer off and is told", async () => {
  const pieces = async function* () {
    yield "a";
    throw new Error("the database went");
  };
  const failures: string[] = [];
  const { url, close } = await served((request, response) => {
    sendPieces({ request, response }, pieces(), "text/csv").catch((error: Error) =>
      failures.push(error.message),
    );
  });
  const text = await fetch(url)
    .then((response) => response.text())
    .catch(() => "broken off");
  assert.is(text, "broken off");
  assert.equal(failures, ["the database went"]);
  close();
});

test.run();
