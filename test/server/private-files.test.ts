import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  closeToOthers,
  makePrivateFolder,
  makePrivateFolderSync,
  openPrivate,
  writePrivate,
} from "../../server/private-files.ts";

const temporary = mkdtempSync(join(tmpdir(), "listenable-private-"));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const under = (...path: string[]) => join(temporary, ...path);

for (const umask of [0, 0o022, 0o077, 0o277, 0o777]) {
  test(`what is made is its owner's alone under umask ${umask.toString(8)}`, async () => {
    const name = `u${umask.toString(8)}`;
    const before = process.umask(umask);
    try {
      await makePrivateFolder(under(name));
      makePrivateFolderSync(under(name, "sync"));
      await writePrivate(under(name, "file"), "sound");
      await (await openPrivate(under(name, "journal"), "a")).close();
    } finally {
      process.umask(before);
    }
    assert.is(modeOf(under(name)), "700");
    assert.is(modeOf(under(name, "sync")), "700");
    assert.is(modeOf(under(name, "file")), "600");
    assert.is(modeOf(under(name, "journal")), "600");
  });
}

test("all folders on the way that are made are private; one that was there is left as it was", async () => {
  mkdirSync(under("there"));
  chmodSync(under("there"), 0o755);
  await makePrivateFolder(under("there", "a", "b"));
  makePrivateFolderSync(under("there", "c", "d"));
  assert.is(modeOf(under("there")), "755");
  for (const made of ["a", "a/b", "c", "c/d"]) assert.is(modeOf(under("there", made)), "700", made);
  await makePrivateFolder(under("there"));
  assert.is(modeOf(under("there")), "755");
});

test("a file that was open to others is closed when it is opened", async () => {
  writeFileSync(under("old"), "x");
  chmodSync(under("old"), 0o644);
  await (await openPrivate(under("old"), "a")).close();
  assert.is(modeOf(under("old")), "600");
});

test("what an earlier version left open is closed by name; others' things and links are not touched", () => {
  const told: string[] = [];
  const fill = (folder: string) => {
    mkdirSync(under(folder, "events", "day"), { recursive: true, mode: 0o755 });
    writeFileSync(under(folder, "events", "day", "clip.wav"), "x", { mode: 0o644 });
    symlinkSync(under("old"), under(folder, "events", "link"));
    chmodSync(under("old"), 0o644);
  };
  const isOurs = (name: string) => name === "events";
  fill("alone");
  closeToOthers(under("alone"), isOurs, (line) => told.push(line));
  assert.equal(told, []);
  for (const folder of ["alone", "alone/events", "alone/events/day"]) assert.is(modeOf(under(folder)), "700");
  assert.is(modeOf(under("alone/events/day/clip.wav")), "600");
  assert.is(modeOf(under("old")), "644", "what a link leads to");

  fill("shared");
  writeFileSync(under("shared", "letter.txt"), "x", { mode: 0o644 });
  closeToOthers(under("shared"), isOurs, (line) => told.push(line));
  assert.is(modeOf(under("shared", "events")), "700");
  assert.is(modeOf(under("shared", "letter.txt")), "644");
  assert.is(modeOf(under("shared")), "755");
  assert.is(told.length, 1);
  assert.match(told[0]!, /shared can be looked into by other users, .*letter\.txt/);
  assert.equal(readdirSync(under("shared")).sort(), ["events", "letter.txt"]);
});

test.after(() => rmSync(temporary, { recursive: true }));

test.run();
