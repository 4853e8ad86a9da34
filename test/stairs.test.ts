// Imports point one way: who may import whom is the table.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { posix } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

/** What each room may import besides itself; rooms of `models/` stand alone, as most of them run everywhere. */
const MAY_IMPORT: Record<string, readonly string[] | "anything"> = {
  dsp: [],
  protocol: [],
  worklets: ["dsp", "protocol"],
  "models/graph": [],
  "models/pack": ["dsp", "protocol"],
  "models/sound": ["dsp"],
  "models/tailor": ["models/graph", "models/pack"],
  "models/runtime": ["dsp", "protocol", "models/pack", "models/tailor"],
  "models/explain": ["dsp", "protocol", "models/pack", "models/runtime", "models/sound"],
  "models/picture": ["dsp", "models/explain", "models/pack"],
  models: ["models"],
  client: ["dsp", "protocol", "worklets", "models"],
  server: ["dsp", "protocol", "models"],
  lab: ["dsp", "protocol", "models"],
  kiosk: ["dsp", "protocol", "models", "worklets", "client", "server", "lab"],
  monitor: ["dsp", "protocol", "models", "worklets", "client", "server", "lab"],
  study: ["dsp", "protocol", "models", "worklets", "client", "server", "lab"],
  cli: ["dsp", "protocol", "models", "worklets", "client", "server", "lab", "kiosk", "monitor", "study"],
  tools: "anything",
  examples: "anything",
  test: "anything",
};

const IMPORT = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;
const RUN_TIME_IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?"(\.{1,2}\/[^"]+)"/gm;

function roomOf(file: string): string {
  const [top = "", second = ""] = file.split("/");
  return top === "models" && !second.endsWith(".ts") ? `${top}/${second}` : top;
}

function allowed(from: string, to: string): boolean {
  if (from === to) return true;
  const may = MAY_IMPORT[from];
  if (may === undefined) return false;
  return may === "anything" || may.some((room) => to === room || to.startsWith(`${room}/`));
}

async function sources(): Promise<string[]> {
  const found: string[] = [];
  for (const top of new Set(Object.keys(MAY_IMPORT).map((room) => room.split("/")[0]!))) {
    const files = await readdir(top, { recursive: true }).catch(() => []);
    found.push(...files.filter((file) => /\.m?ts$/.test(file)).map((file) => `${top}/${file}`));
  }
  return found.filter((file) => !file.includes("node_modules")).sort();
}

test("no import goes up the stairs", async () => {
  const against: string[] = [];
  for (const file of await sources()) {
    for (const [, path] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const target = posix.join(posix.dirname(file), path!);
      if (!allowed(roomOf(file), roomOf(target))) against.push(`${file} imports ${target}`);
    }
  }
  assert.equal(against, []);
});

/** The file and all that it imports when it runs; types are gone by then. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(RUN_TIME_IMPORT)) {
    reachedFrom(posix.join(posix.dirname(file), path!), reached);
  }
  return reached;
}

test("reading and writing a graph needs no gradients, and its file format no operators", () => {
  for (const file of ["models/graph/onnx/decode.ts", "models/graph/onnx/encode.ts"]) {
    const reached = reachedFrom(file);
    assert.ok(reached.has("models/graph/onnx/schema.ts"));
    for (const not of ["gradients", "adam", "losses", "index"]) {
      assert.not(reached.has(`models/graph/${not}.ts`), `${file} reaches ${not}.ts`);
    }
  }
  assert.equal([...reachedFrom("models/graph/onnx/schema.ts")], ["models/graph/onnx/schema.ts"]);
});

test("every folder with sources stands in the table", async () => {
  const rooms = new Set((await sources()).map(roomOf));
  assert.equal(
    [...rooms].filter((room) => !(room in MAY_IMPORT)),
    [],
  );
});

test.run();
