// Places of answers without an end: by address, for GET alone, and free again whenever a connection goes.
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { HttpServer, Places } from "../../../server/http/index.ts";
import { until } from "../../until.ts";

const LOG = { debug() {}, info() {}, warn() {}, error() {} };
const MOST = 32;

async function endless() {
  const places = new Places(MOST);
  const server = await HttpServer.open({ port: 0, behindProxies: 1, log: LOG });
  server.serve([
    {
      method: "GET",
      path: "stream",
      answer: (exchange) => {
        places.take(exchange, "who listen");
        exchange.response.writeHead(200).write("on and on\n");
      },
    },
  ]);
  return { places, server };
}

/** The answer, still open. */
async function ask(port: number, from: string, method = "GET"): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: "127.0.0.1", port, path: "/stream", method, agent: false },
    headers: { "X-Forwarded-For": from },
  });
  asked.on("error", () => {});
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.on("error", () => {});
  return response;
}

test("one address cannot shut the others out, and what it gives back others get", async () => {
  const { places, server } = await endless();
  const greedy = [];
  for (let n = 0; n < MOST + 8; n++) greedy.push(await ask(server.port, "192.0.2.1"));
  const refused = greedy.filter(({ statusCode }) => statusCode === 503);
  assert.ok(refused.length >= MOST / 2);
  assert.match(String(refused[0]!.headers["retry-after"]), /^\d+$/);
  for (const from of ["192.0.2.2", "192.0.2.3", "2001:db8::1", "192.0.2.2"]) {
    assert.is((await ask(server.port, from)).statusCode, 200, from);
  }
  assert.is((await ask(server.port, "192.0.2.1")).statusCode, 503);
  for (const each of greedy) each.destroy();
  await until("the places", () => places.taken === 4);
  assert.is((await ask(server.port, "192.0.2.1")).statusCode, 200);
  await server.close();
  await until("the places", () => places.taken === 0);
});

test("there is an end to places for many addresses too", async () => {
  const { places, server } = await endless();
  const answers = [];
  for (let n = 0; n < MOST + 2; n++) answers.push((await ask(server.port, `192.0.2.${n}`)).statusCode);
  assert.equal(answers.slice(MOST), [503, 503]);
  assert.is(places.taken, MOST);
  await server.close();
});

test("HEAD takes no place", async () => {
  const { places, server } = await endless();
  for (let n = 0; n < MOST + 2; n++) {
    const { statusCode, headers } = await ask(server.port, "192.0.2.1", "HEAD");
    assert.equal([statusCode, headers["allow"]], [405, "GET"]);
  }
  assert.is(places.taken, 0);
  await server.close();
});

test("requests that wait behind another on their connection take no place", async () => {
  const { places, server } = await endless();
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(8));
  await once(socket, "data");
  assert.is(places.taken, 1);
  socket.destroy();
  await until("the places", () => places.taken === 0);
  await server.close();
});

test.run();
