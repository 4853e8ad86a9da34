import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import { windowWith } from "../client/live/engines/engine-suite.ts";
import { COMMAND } from "./run-cli.ts";

const TINY = ["--pack", "test/fixtures/tiny-pack"];

interface Running {
  readonly child: ChildProcess;
  /** Standard output up to its first line end. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ status: number | null; stderr: string }>;
}

function serve(...words: string[]): Running {
  const child = spawn(process.execPath, [...COMMAND, "serve", ...words]);
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      if (stdout.includes("\n")) resolve(stdout.slice(0, stdout.indexOf("\n")));
    });
    child.on("close", () => resolve(stdout));
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) => {
    child.on("close", (status) => resolve({ status, stderr }));
  });
  return { child, firstLine, ended };
}

test("serves until it is told to stop, says where, logs as JSON, and ends well", async () => {
  const { child, firstLine, ended } = serve(
    "--port",
    "0",
    "--no-page",
    "--json",
    "--log-level",
    "info",
    ...TINY,
  );
  const facts = JSON.parse(await firstLine);
  assert.is(facts.pack.name, "tiny");
  assert.is(facts.pid, child.pid);
  assert.is((await fetch(`${facts.url}healthz`)).status, 200);
  const engine = await RemoteEngine.connect({
    url: facts.explainUrl,
    WebSocket: WebSocket as unknown as WebSocketClass,
  });
  assert.ok((await engine.explain(windowWith(0, 10, 20))).probabilities[0] > 0.99);
  child.kill("SIGTERM");
  const { status, stderr } = await ended;
  assert.is(status, 0, stderr);
  const said = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).msg);
  assert.equal(said, ["listening", "session opened", "shutting down", "session closed", "stopped"]);
});

test("what goes wrong is said with what to do, and the status tells failure from misuse", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const cases: [string[], number, string[]][] = [
    [["--port", String(port), "--no-page", ...TINY], 1, [`port ${port} of 127.0.0.1 is taken`, "--port"]],
    [
      ["--port", "0", "--host", "192.0.2.1", "--no-page", ...TINY],
      1,
      ["192.0.2.1 is not an address of this machine"],
    ],
    [["--port", "0", "--pack", "no-such-pack"], 1, ['no pack "no-such-pack"']],
    [["--port", "70000", ...TINY], 2, ['"70000" is not a port']],
    [["--port", "http", ...TINY], 2, ['"http" is not a port']],
    [["--lanes", "0", ...TINY], 2, ['"0" is not a whole number']],
    [["--runtime", "gpu", ...TINY], 2, ["auto, node, web"]],
    [["--prot", "1"], 2, ["unknown option '--prot'"]],
  ];
  const outcomes = await Promise.all(cases.map(([words]) => serve(...words).ended));
  taken.close();
  outcomes.forEach(({ status, stderr }, i) => {
    const [words, expected, parts] = cases[i];
    assert.is(status, expected, `${words.join(" ")}: ${stderr}`);
    for (const part of parts) assert.match(stderr, part);
  });
});

test.run();
