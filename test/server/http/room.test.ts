// The parts of the room by themselves: routes, shares of connections, slow senders, names.
import { EventEmitter } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ClientOrigin } from "../../../server/http/client-origin.ts";
import { ConnectionShare } from "../../../server/http/connection-share.ts";
import { HttpError } from "../../../server/http/http-error.ts";
import { ProxiedConnections } from "../../../server/http/proxied-connections.ts";
import { type Route, Router } from "../../../server/http/router.ts";
import { LEAST_UPLOAD, SlowTransfers } from "../../../server/http/slow-transfers.ts";

function route(method: Route["method"], path: string): Route {
  return { method, path, answer() {} };
}

function refused(find: () => unknown): HttpError {
  try {
    find();
  } catch (error) {
    assert.instance(error, HttpError);
    return error as HttpError;
  }
  throw new Error("something answers");
}

test("the first route that fits answers, with the named parts of its path in their order", () => {
  const router = new Router([
    route("GET", ""),
    route("GET", "events/newest"),
    route("GET", "events/:id"),
    route("GET", "events/:id/:file"),
    route("POST", "events/:id"),
    route("GET", "files/*"),
  ]);
  const found = (method: string, ...segments: string[]) => {
    const { route, parts } = router.find(method, segments);
    return [route.method, route.path, ...parts];
  };
  assert.equal(found("GET"), ["GET", ""]);
  assert.equal(found("HEAD", "events", "newest"), ["GET", "events/newest"]);
  assert.equal(found("GET", "events", "7"), ["GET", "events/:id", "7"]);
  assert.equal(found("POST", "events", "newest"), ["POST", "events/:id", "newest"]);
  assert.equal(found("GET", "events", "7", "clip.wav"), ["GET", "events/:id/:file", "7", "clip.wav"]);
  assert.equal(found("GET", "files"), ["GET", "files/*"]);
  assert.equal(found("GET", "files", "a", "b"), ["GET", "files/*"]);
  // A name that stands in a pattern is no name of its own.
  assert.equal(found("GET", "events", ":id"), ["GET", "events/:id", ":id"]);
});

test("a path that nothing has is 404, a method that it has not is 405 with those that it has", () => {
  const router = new Router([route("GET", "a"), route("POST", "a"), route("POST", "b")]);
  assert.is(refused(() => router.find("GET", ["c"])).status, 404);
  assert.is(refused(() => router.find("GET", ["a", "b"])).status, 404);
  const both = refused(() => router.find("PUT", ["a"]));
  assert.is(both.status, 405);
  assert.equal(both.headers, { Allow: "GET, HEAD, POST" });
  assert.equal(refused(() => router.find("HEAD", ["b"])).headers, { Allow: "POST" });
});

test("an address may have all connections while there are many, and its share when they run short", () => {
  const share = new ConnectionShare(16, { from: 3 / 4, most: 1 / 8 });
  const taken = (address: string, times: number) =>
    Array.from({ length: times }, () => share.take(address)).filter(Boolean).length;
  assert.is(taken("greedy", 100), 12);
  assert.is(taken("second", 100), 2);
  assert.is(taken("third", 1), 1);
  assert.is(share.open, 15);
  share.give("greedy");
  assert.not.ok(share.take("second"), "14 are open still");
  for (let k = 0; k < 3; k++) share.give("greedy");
  assert.is(share.open, 11);
  assert.ok(share.take("second"));
  for (const [address, count] of [
    ["greedy", 8],
    ["second", 3],
    ["third", 1],
  ] as const) {
    for (let k = 0; k < count; k++) share.give(address);
  }
  assert.is(share.open, 0);
  assert.is(taken("greedy", 100), 12);
});

/** As much of a socket as counts. */
function madeUpSocket(remotePort: number): Socket {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: "127.0.0.1",
    remotePort,
    destroyed: false,
  });
  const destroy = () => {
    socket.destroyed = true;
    socket.emit("close");
  };
  return Object.assign(socket, { destroy }) as unknown as Socket;
}

test("behind a proxy a client has its share of requests, what waits longest makes room, and every hold ends", () => {
  const http = new EventEmitter() as unknown as Server;
  const proxied = new ProxiedConnections(8, { from: 1 / 2, most: 1 / 4 });
  let refusals = 0;
  proxied.watch(http, () => refusals++);
  let port = 0;
  const connection = () => {
    const socket = madeUpSocket(++port);
    http.emit("connection", socket);
    return socket;
  };
  const sockets = Array.from({ length: 8 }, connection);
  const answers = sockets.map(() => new EventEmitter());
  const held = sockets.slice(0, 6).map((socket, k) => proxied.hold("greedy", socket, answers[k]));
  assert.equal(held, [true, true, true, true, false, false]);
  assert.ok(proxied.hold("other", sockets[4], answers[4]));
  // Waiting are the sixth, the seventh and the eighth.
  const [ninth, tenth] = [connection(), connection()];
  assert.equal(
    sockets.map(({ destroyed }) => destroyed),
    [false, false, false, false, false, true, true, false],
  );
  assert.is(refusals, 2);
  answers[0].emit("close");
  answers[0].emit("close");
  assert.is(proxied.held, 4);
  for (const each of [sockets[7], ninth, tenth, sockets[0]]) assert.ok(connection() && each.destroyed);
  // Five have a request or wait: none of those that are answered is ever closed.
  assert.not.ok(sockets[1].destroyed);
  // Requests that wait behind another one never hear of their own end.
  for (let k = 0; k < 3; k++) proxied.hold(`behind ${k}`, sockets[1], new EventEmitter());
  assert.is(proxied.held, 7);
  sockets[1].destroy();
  assert.is(proxied.held, 3);
  for (const socket of [sockets[2], sockets[3], sockets[4]]) socket.destroy();
  assert.is(proxied.held, 0);
});

test("bodies that get on stay, those that trickle are cut once, those that nobody waits for are let be", () => {
  let now = 0;
  const { leastBytes, patienceMs } = LEAST_UPLOAD;
  const uploads = new SlowTransfers(LEAST_UPLOAD, () => now);
  const watched = (waiting = true) => {
    const body = { bytes: 0, cuts: 0 };
    const end = uploads.watch({
      moved: () => body.bytes,
      waiting: () => waiting,
      cut: () => {
        body.cuts++;
      },
    });
    return { body, end };
  };
  const [steady, trickling, elsewhere] = [watched(), watched(), watched(false)];
  for (let k = 0; k < 6; k++) {
    now += patienceMs / 2;
    steady.body.bytes += leastBytes;
    trickling.body.bytes += 1;
    uploads.sweep();
  }
  assert.is(steady.body.cuts, 0);
  assert.is(trickling.body.cuts, 1);
  assert.is(elsewhere.body.cuts, 0);
  assert.is(uploads.size, 2);
  for (const { end } of [steady, trickling, elsewhere]) end();
  assert.is(uploads.size, 0);
});

test("a server that acts on what pages send answers to known names alone, whatever it listens on", () => {
  const answers = (host: string, publicHosts: string[] = [], proxies = 0) =>
    new ClientOrigin({
      proxies,
      publicHosts,
      loopbackOnly: false,
      allowedOrigins: [],
      knownNamesOnly: true,
    }).askedRightly({ headers: { host } } as IncomingMessage);
  for (const host of ["localhost:8090", "192.0.2.7:8090", "[2001:db8::1]:8090", "monitor.localhost"]) {
    assert.ok(answers(host), host);
    assert.ok(answers(host, ["sounds.example"]), host);
  }
  assert.not.ok(answers("rebound.example"));
  assert.not.ok(answers(""));
  assert.ok(answers("sounds.example:8090", ["sounds.example"]));
  assert.not.ok(answers("rebound.example", ["sounds.example"]));
  assert.ok(answers("any.example", [], 1), "a trusted proxy passes on what is asked of it alone");
});

test.run();
