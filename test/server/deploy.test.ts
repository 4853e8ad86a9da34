// What stands in deploy/ and in docs/deployment.md against what the server makes of it.
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { registerServe } from "../../cli/serve.ts";
import { ClientOrigin } from "../../server/http/client-origin.ts";

const guide = readFileSync("docs/deployment.md", "utf8");
const files = new Map(readdirSync("deploy").map((name) => [name, readFileSync(`deploy/${name}`, "utf8")]));

/** One hop: what a proxy sends on, of a request that came to it from `peer` with X-Forwarded-For `came`. */
type Hop = (came: string | undefined, peer: string) => string;

/** A CDN, and a client that writes into the header itself. */
const CDN: Hop = (came, peer) => (came === undefined ? peer : `${came}, ${peer}`);
const CLIENT = "203.0.113.7";
const CDN_ADDRESS = "198.51.100.9";

/** nginx as its file has it; of its variables only those that the file uses. */
function nginx(): Hop {
  const value = /proxy_set_header X-Forwarded-For (\S+);/.exec(files.get("nginx.conf")!)?.[1];
  return (came, peer) => {
    if (value === "$proxy_add_x_forwarded_for") return CDN(came, peer);
    assert.is(value, "$remote_addr");
    return peer;
  };
}

/** Caddy replaces what came, but for proxies that it was told to trust. */
function caddy(trustsCdn: boolean): Hop {
  return (came, peer) => (trustsCdn && peer === CDN_ADDRESS ? CDN(came, peer) : peer);
}

function seen(proxies: number, forwarded: string): string {
  const origin = new ClientOrigin({ proxies, publicHosts: [], loopbackOnly: true, allowedOrigins: [] });
  const request = { headers: { "x-forwarded-for": forwarded }, socket: { remoteAddress: "127.0.0.1" } };
  return origin.address(request as unknown as IncomingMessage);
}

test("through each proxy of deploy/, alone and behind a CDN, the client's own address counts, whatever it claims", () => {
  for (const claim of [undefined, "127.0.0.1", "unknown, 127.0.0.1", "10.0.0.1, 10.0.0.2, 10.0.0.3"]) {
    for (const hop of [nginx(), caddy(false)]) assert.is(seen(1, hop(claim, CLIENT)), CLIENT);
    for (const hop of [nginx(), caddy(true)])
      assert.is(seen(2, hop(CDN(claim, CLIENT), CDN_ADDRESS)), CLIENT);
  }
  assert.match(guide, "`--behind-proxy 2`");
  assert.match(guide, "$proxy_add_x_forwarded_for");
  for (const name of ["nginx.conf", "Caddyfile"]) assert.match(files.get(name)!, "--behind-proxy 2", name);
  assert.match(files.get("Caddyfile")!, "trusted_proxies");
});

test("each proxy passes on what the server asks of it, and keeps /metrics to itself", () => {
  const conf = files.get("nginx.conf")!;
  const headers = {
    Host: "$http_host",
    "X-Forwarded-Proto": "$scheme",
    Upgrade: "$http_upgrade",
    Connection: "$listenable_connection",
  };
  for (const [name, value] of Object.entries(headers))
    assert.match(conf, `proxy_set_header ${name} ${value};`);
  assert.match(conf, /location = \/metrics \{ return 404; \}/);
  assert.match(files.get("Caddyfile")!, /respond \/metrics 404/);
});

test("every option of serve that deploy/ and the guide name is one that it has", () => {
  const program = new Command();
  registerServe(program);
  const known = new Set(program.commands[0].options.map(({ long }) => long));
  // Of npm, docker, the system and `bench server`.
  const elsewhere = new Set([
    "--help",
    "--sessions",
    "--omit",
    "--ignore-scripts",
    "--no-fund",
    "--no-audit",
    "--from",
  ]);
  const texts = [guide, ...files.values()].flatMap((text) => text.split("\n"));
  const lines = texts.filter((line) => /\bserve\b|listenable --|--behind|--metrics-token-file/.test(line));
  const named = new Set(lines.flatMap((line) => line.match(/--[a-z][a-z-]+/g) ?? []));
  for (const option of ["--behind-proxy", "--public-host", "--metrics-token-file"])
    assert.ok(named.has(option));
  for (const option of named) {
    if (!elsewhere.has(option)) assert.ok(known.has(option), `${option} is no option of serve`);
  }
});

test("whoever stands behind a proxy shows a token for the figures: the unit and Prometheus agree", () => {
  const unit = files.get("listenable.service")!;
  assert.match(unit, /^ExecStart=.* serve .*--behind-proxy --public-host /m);
  assert.match(unit, "--metrics-token-file");
  const [job] = files.get("prometheus.yml")!.split("- job_name: ").slice(1);
  assert.match(job, /127\.0\.0\.1:8080/);
  assert.match(job, /credentials_file/);
});

test.run();
