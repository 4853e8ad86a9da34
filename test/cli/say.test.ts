// Nothing of the commands writes past the one place that escapes.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { shownComplaint } from "../../cli/say.ts";

/** The place itself, and what talks to a process of ours over its output. */
const MAY_WRITE = ["cli/say.ts", "cli/bench/load/raw-throughput.ts"];
const WRITES = /\bconsole\.\w+\(|process\.std(out|err)\.write/;

test("whatever a command prints goes through cli/say.ts", async () => {
  for (const room of ["cli", "lab", "server", "kiosk", "monitor", "study", "models", "protocol", "dsp"]) {
    const files = (await readdir(room, { recursive: true })).filter((file) => file.endsWith(".ts"));
    for (const file of files.map((each) => join(room, each))) {
      if (MAY_WRITE.includes(file) || file.includes("/page/")) continue;
      const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      assert.not.match(code, WRITES, file);
    }
  }
});

test("what commander repeats of the command line is shown as it may be, also behind an option's =", () => {
  const argv = process.argv;
  const words = [
    "monitor",
    "--follow-to=https://admin:geheim@host/geheim",
    "--port=1\nlistenable: forged\x1b[2J",
  ];
  process.argv = ["node", "listenable", ...words];
  const said = shownComplaint(
    `error: option '--follow-to <host>' argument 'https://admin:geheim@host/geheim' is invalid. ` +
      `"https://admin:geheim@host/geheim" is no host\nerror: unknown option '${words[2]}', argument '${words[2]!.slice(7)}'\n`,
  );
  process.argv = argv;
  assert.not.match(said, /geheim|admin/);
  assert.match(said, /argument 'https:\/\/host\/…' is invalid/);
  assert.is(said.split("\n").length, 3);
  assert.match(said, /argument '1\\nlistenable: forged\\x1b\[2J'/);
});

test.run();
