import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFile,
  link,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { folderInput } from "../../monitor/inputs/file-input.ts";
import { BEGINNING, type HeardFile, HeardInMemory } from "../../monitor/inputs/heard-files.ts";
import type { InputReport } from "../../monitor/inputs/input.ts";
import type { InputState } from "../../monitor/protocol.ts";

const RATE = 16_000;

/** Noise, so that no two are alike. */
function noise(seconds: number): Float32Array {
  const bytes = randomBytes(2 * Math.round(seconds * RATE));
  return Float32Array.from({ length: bytes.length / 2 }, (_, n) => bytes.readInt16LE(2 * n) / 65536);
}
const wav = (samples: Float32Array) => Buffer.from(writeWav([samples], RATE));

/** As a recorder leaves it that has not stopped: it does not say how long it is. */
function unfinished(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(0xffff_ffff, 4);
  copy.writeUInt32LE(0xffff_ffff, 40);
  return copy;
}

const UNTOLD: InputReport = { state() {}, dropped() {}, failed() {} };
const made: string[] = [];
async function temporary(): Promise<string> {
  made.push(await mkdtemp(join(tmpdir(), "listenable-watch-")));
  return made.at(-1)!;
}

interface Hearing {
  readonly file: string | undefined;
  /** Seconds that were there before, and seconds that were given. */
  readonly from: number;
  readonly seconds: number;
  readonly look: number;
}

interface Watching {
  /** Milliseconds since 1970 at the first look. */
  readonly began?: number;
  readonly heard?: HeardInMemory;
  /** What happens before the look of the number, from 1 on. */
  readonly happens?: Readonly<Record<number, () => unknown>>;
  readonly looks: number;
  /** Whether all its events could be kept. */
  readonly keeps?: (file: string, time: number) => boolean;
}

/** Watches with a clock that only looks and waits move. */
async function watch(
  folder: string,
  { began = 0, heard, happens = {}, looks, keeps = () => true }: Watching,
) {
  const stop = new AbortController();
  let time = 0;
  let look = 1;
  const hearings: Hearing[] = [];
  const failed: string[] = [];
  const states: [InputState, string | undefined][] = [];
  const unread: number[] = [];
  await happens[1]?.();
  const input = folderInput("yard", folder, {
    watch: true,
    ...(heard ? { heard } : {}),
    random: () => 0.5,
    now: () => began + time,
    sleep: async (ms) => {
      time += ms;
      look++;
      if (look > looks) stop.abort();
      else await happens[look]?.();
    },
  });
  const report = {
    state: (state: InputState, detail?: string) => states.push([state, detail]),
    dropped() {},
    failed: (message: string) => failed.push(message),
    unread: (count: number) => unread.push(count),
  };
  for await (const { file, blocks, onKept, from = 0 } of input.stretches(report, stop.signal)) {
    let samples = 0;
    for await (const block of blocks) samples += block.length;
    hearings.push({ file, from, seconds: samples / RATE, look });
    if (keeps(file!, time)) onKept?.({ ...BEGINNING, seconds: from + samples / RATE }, true);
  }
  return { hearings, failed, states, unread, time };
}

const files = ({ hearings }: { hearings: Hearing[] }) => hearings.map(({ file }) => file);
/** Looks until a file that does not say that it is whole counts as finished. */
const QUIET = 16;

test("a folder that is away is waited for, and its files are heard when it is back", async () => {
  const folder = await temporary();
  const yard = join(folder, "yard");
  const { hearings, states } = await watch(yard, {
    happens: {
      3: () => mkdir(yard),
      4: () => writeFile(join(yard, "a.wav"), wav(noise(1))),
      7: () => rename(yard, `${yard}-away`),
      9: () => writeFile(yard, "a file in its place"),
      10: () => rm(yard),
      11: () => rename(`${yard}-away`, yard),
      12: () => writeFile(join(yard, "b.wav"), wav(noise(1))),
    },
    looks: 15,
  });
  assert.equal(
    hearings.map(({ file, look }) => [file, look]),
    [
      ["a.wav", 5],
      ["b.wav", 13],
    ],
  );
  const waiting = states.filter(([state]) => state === "waiting").map(([, detail]) => detail);
  assert.equal(waiting, [
    `there is no folder ${yard}; next try in 2 s`,
    `there is no folder ${yard}; next try in 4 s`,
    `there is no folder ${yard}; next try in 2 s`,
    `there is no folder ${yard}; next try in 4 s`,
    `${yard} is no folder; next try in 8 s`,
    `there is no folder ${yard}; next try in 15 s`,
  ]);
  assert.equal(states.at(-1), ["ended", undefined]);
});

test("a folder that was replaced by another is told of", async () => {
  const folder = await temporary();
  const yard = join(folder, "yard");
  await mkdir(yard);
  const { failed } = await watch(yard, {
    happens: {
      2: async () => {
        await rename(yard, `${yard}-old`);
        await mkdir(yard);
      },
    },
    looks: 4,
  });
  assert.is(failed.length, 1);
  assert.match(failed[0], /yard is another folder than before/);
});

test("a folder whose disk is no longer mounted is away, though its place is still there", async () => {
  const folder = await temporary();
  const mount = () =>
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
  const unmount = () => execFileSync("umount", ["-l", folder]);
  try {
    mount();
  } catch {
    console.log("no disk could be mounted");
    return;
  }
  const put = (name: string) => writeFile(join(folder, name), wav(noise(1)));
  const { hearings, states } = await watch(folder, {
    happens: {
      1: () => put("a.wav"),
      4: unmount,
      7: async () => {
        mount();
        await put("b.wav");
      },
    },
    looks: 10,
  });
  unmount();
  assert.equal(files({ hearings }), ["a.wav", "b.wav"]);
  const waiting = states.filter(([state]) => state === "waiting").map(([, detail]) => detail);
  assert.is(waiting.length, 3);
  assert.match(
    waiting[0]!,
    "is empty and on another disk than before; is its own still there?; next try in 2 s",
  );
});

test("a file that is written in bursts is heard once and whole, whether it says how long it will be or not", async () => {
  for (const final of [wav(noise(4)), unfinished(wav(noise(4)))]) {
    const folder = await temporary();
    const path = join(folder, "burst.wav");
    const quarter = final.length / 4;
    const burst = (n: number) => () => appendFile(path, final.subarray(n * quarter, (n + 1) * quarter));
    const { hearings, failed } = await watch(folder, {
      happens: { 1: burst(0), 5: burst(1), 9: burst(2), 13: burst(3) },
      looks: 40,
    });
    assert.equal(
      hearings.map(({ from, seconds }) => [from, seconds]),
      [[0, 4]],
    );
    assert.equal(failed, []);
  }
});

test("what lay there unchanged for half a minute when the monitor started is heard at the second look", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "old.wav"), unfinished(wav(noise(1))));
  const minute = 60_000;
  const { hearings } = await watch(folder, { began: Date.now() + minute, looks: 4 });
  assert.equal(
    hearings.map(({ file, look }) => [file, look]),
    [["old.wav", 2]],
  );
  // A copy is dated as the old one was, and the copying may still go on.
  const copied = await temporary();
  const path = join(copied, "copy.wav");
  await writeFile(path, unfinished(wav(noise(1))));
  await utimes(path, new Date(0), new Date(0));
  assert.equal(files(await watch(copied, { began: Date.now(), looks: 8 })), []);
});

test("what comes after half a minute of quiet is heard from where the file stopped, after a restart too", async () => {
  const folder = await temporary();
  const path = join(folder, "slow.wav");
  const whole = unfinished(wav(noise(40)));
  await writeFile(path, whole.subarray(0, 44 + 2 * RATE * 20));
  const heard = new HeardInMemory();
  const first = await watch(folder, { heard, looks: QUIET + 4 });
  await appendFile(path, whole.subarray(44 + 2 * RATE * 20));
  const second = await watch(folder, {
    heard,
    // The recorder stops: it fills in the header, and nothing is left to hear.
    happens: {
      [QUIET + 4]: async () => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt32LE(bytes.length - 8, 4);
        bytes.writeUInt32LE(bytes.length - 44, 40);
        await writeFile(path, bytes);
      },
    },
    looks: 2 * QUIET + 8,
  });
  const given = [...first.hearings, ...second.hearings].map(({ from, seconds }) => [from, seconds]);
  // Ten seconds before the checkpoint, for the classifier and the clip.
  assert.equal(given, [
    [0, 20],
    [10, 30],
  ]);
});

test("touched, renamed, copied over itself or given a second name, a file is not heard again", async () => {
  const folder = await temporary();
  const path = join(folder, "a.wav");
  const bytes = wav(noise(1));
  const heard = new HeardInMemory();
  const once = await watch(folder, { heard, happens: { 1: () => writeFile(path, bytes) }, looks: 4 });
  assert.equal(files(once), ["a.wav"]);
  const again = await watch(folder, {
    heard,
    happens: {
      1: () => utimes(path, new Date(), new Date()),
      4: () => utimes(path, new Date(0), new Date(0)),
      7: () => rename(path, join(folder, "b.wav")),
      10: () => link(join(folder, "b.wav"), path),
      13: async () => {
        await writeFile(join(folder, "new"), bytes);
        await rename(join(folder, "new"), path);
        await rm(join(folder, "b.wav"));
      },
    },
    looks: 18,
  });
  assert.equal(files(again), []);
});

test("another file of the same name is heard, also with the same length and time", async () => {
  const folder = await temporary();
  const path = join(folder, "a.wav");
  const old = new Date(1_000_000_000_000);
  const put = (seconds: number) => async () => {
    await writeFile(path, wav(noise(seconds)));
    await utimes(path, old, old);
  };
  const { hearings } = await watch(folder, {
    happens: {
      1: put(2),
      5: put(2),
      // Truncated and written anew, shorter.
      9: async () => {
        await truncate(path, 0);
        await put(1)();
      },
      // The recorder moves it away and begins anew.
      13: async () => {
        await rename(path, join(folder, "a.1.wav"));
        await put(3)();
      },
    },
    looks: 18,
  });
  assert.equal(
    hearings.map(({ file, from, seconds }) => [file, from, seconds]),
    [
      ["a.wav", 0, 2],
      ["a.wav", 0, 2],
      ["a.wav", 0, 1],
      ["a.wav", 0, 3],
    ],
  );
});

test("renamed into place, a file is heard under its name alone", async () => {
  const folder = await temporary();
  const { hearings } = await watch(folder, {
    happens: {
      1: () => writeFile(join(folder, ".a.wav.k3dR"), wav(noise(1))),
      2: () => writeFile(join(folder, "a.wav.part"), wav(noise(1))),
      6: () => rename(join(folder, ".a.wav.k3dR"), join(folder, "a.wav")),
    },
    looks: 10,
  });
  assert.equal(
    hearings.map(({ file, look }) => [file, look]),
    [["a.wav", 7]],
  );
});

test("a file is done when all its events are kept; until then it is heard again, later and later", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "a.wav"), wav(noise(1)));
  await writeFile(join(folder, "b.wav"), wav(noise(1)));
  const heard = new HeardInMemory();
  const { hearings, failed, unread } = await watch(folder, {
    heard,
    keeps: (file, time) => file === "b.wav" || time > 25_000,
    looks: 30,
  });
  assert.equal(
    hearings.map(({ file, look }) => [file, look]),
    [
      ["a.wav", 2],
      ["b.wav", 2],
      ["a.wav", 7],
      ["a.wav", 17],
    ],
  );
  assert.equal(failed, ["a.wav was not heard to its end"]);
  assert.is(Math.max(...unread), 1);
  assert.is(unread.at(-1), 0);
  // A restart in between changes nothing.
  assert.equal(files(await watch(folder, { heard, looks: 5 })), []);
});

test("a file that cannot be decoded at first is tried again, told once, and heard as soon as it can be", async () => {
  const folder = await temporary();
  const path = join(folder, "a.wav");
  await writeFile(path, "no sound yet");
  const { hearings, failed, unread } = await watch(folder, {
    happens: { 60: () => writeFile(path, wav(noise(1))) },
    looks: 70,
  });
  assert.is(failed.length, 1);
  assert.match(failed[0], /a\.wav is none of WAV, MP3/);
  assert.ok(unread.includes(1));
  assert.is(unread.at(-1), 0);
  assert.equal(files({ hearings }), ["a.wav"]);
});

test("a file that breaks off is not done, and what follows when it is whole is heard from there", async () => {
  const folder = await temporary();
  const path = join(folder, "a.wav");
  const bytes = wav(noise(30));
  await writeFile(path, bytes.subarray(0, 44 + 2 * RATE * 15));
  const { hearings } = await watch(folder, {
    happens: { [QUIET + 5]: () => appendFile(path, bytes.subarray(44 + 2 * RATE * 15)) },
    looks: 2 * QUIET + 8,
  });
  assert.equal(
    hearings.map(({ from, seconds }) => [from, seconds]),
    [
      [0, 15],
      [5, 25],
    ],
  );
});

test("what cannot be written into the memory is written later, and holds meanwhile", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "a.wav"), wav(noise(1)));
  let full = true;
  class Full extends HeardInMemory {
    override save(file: HeardFile, before?: HeardFile) {
      if (full) throw new Error("disk I/O error");
      super.save(file, before);
    }
  }
  const heard = new Full();
  const happens = {
    6: () => {
      full = false;
    },
  };
  const { hearings } = await watch(folder, { heard, happens, looks: 10 });
  assert.equal(files({ hearings }), ["a.wav"]);
  assert.equal(files(await watch(folder, { heard, looks: 4 })), []);
});

test("links that lead in circles make no file twice, and a link to a folder elsewhere is followed", async () => {
  const folder = await temporary();
  const elsewhere = await temporary();
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "sub", "b.wav"), wav(noise(1)));
  await writeFile(join(folder, "a.wav"), wav(noise(1)));
  await writeFile(join(elsewhere, "c.wav"), wav(noise(1)));
  for (const name of ["0", "1", "2"]) await symlink(".", join(folder, name));
  await symlink("..", join(folder, "sub", "up"));
  await symlink(elsewhere, join(folder, "elsewhere"));
  await symlink("a.wav", join(folder, "0.wav"));
  await symlink("nowhere", join(folder, "dangling.wav"));
  await symlink("self.wav", join(folder, "self.wav"));
  await link(join(folder, "a.wav"), join(folder, "z.wav"));
  const { hearings, failed } = await watch(folder, { looks: 4 });
  assert.equal(files({ hearings }), ["a.wav", join("elsewhere", "c.wav"), join("sub", "b.wav")]);
  assert.equal(failed, []);
});

test("a monitor that keeps its events in the folder that it watches does not hear them", async () => {
  const folder = await temporary();
  const events = join(folder, "data", "events");
  await mkdir(join(events, "2026-07-14"), { recursive: true });
  await writeFile(join(events, "2026-07-14", "clip.wav"), wav(noise(1)));
  await writeFile(join(folder, "a.wav"), wav(noise(1)));
  await symlink(events, join(folder, "again"));
  for (const watched of [true, false]) {
    const stop = new AbortController();
    let looks = 0;
    const input = folderInput("yard", folder, {
      watch: watched,
      leftOut: events,
      sleep: async () => {
        if (++looks === 3) stop.abort();
      },
    });
    const heard: (string | undefined)[] = [];
    for await (const { file, onKept } of input.stretches(UNTOLD, stop.signal)) {
      heard.push(file);
      onKept?.(BEGINNING, true);
    }
    assert.equal(heard, ["a.wav"]);
  }
});

test("a name that is no UTF-8 is heard, and told with its bytes written out", async () => {
  if (process.platform !== "linux") return;
  const folder = await temporary();
  const named = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]);
  await writeFile(named("caf\xe9.wav"), wav(noise(1)));
  await writeFile(named("\xff.wav"), "no sound");
  const { hearings, failed } = await watch(folder, { looks: QUIET + 4 });
  assert.equal(files({ hearings }), ["caf\\xE9.wav"]);
  assert.is(failed.length, 1);
  assert.match(failed[0], /\/\\xFF\.wav is none of WAV/);
});

test("a part of the folder that may not be read is told once, and the rest is heard", async () => {
  if (process.platform === "win32" || process.getuid?.() === 0) return;
  const folder = await temporary();
  const closed = join(folder, "closed");
  await mkdir(closed);
  await writeFile(join(folder, "a.wav"), wav(noise(1)));
  execFileSync("chmod", ["000", closed]);
  const { hearings, failed } = await watch(folder, { looks: 6 });
  execFileSync("chmod", ["700", closed]);
  assert.equal(files({ hearings }), ["a.wav"]);
  assert.equal(failed, ["closed cannot be looked at: reading it is not allowed"]);
});

test.after(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

test.run();
