import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav, writeWav } from "../../dsp/wav.ts";
import {
  type CliResult,
  independentPack,
  runCli,
  runCliWatched,
  TINY_PACK,
  temporaryFolder,
} from "./run-cli.ts";

const folder = await temporaryFolder();
let runs = 0;

interface Explained extends CliResult {
  readonly out: string;
}

/** Runs `explain` on a file with these bytes. */
async function explain(name: string, bytes: Uint8Array | string, ...options: string[]): Promise<Explained> {
  const file = join(folder, name);
  await writeFile(file, bytes);
  const out = join(folder, `out-${runs++}`);
  return { out, ...(await runCli("explain", file, "--out", out, "--pack", TINY_PACK, ...options)) };
}

function tone(hertz: number, seconds: number, sampleRate = 16000, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, n) => amplitude * Math.sin((2 * Math.PI * hertz * n) / sampleRate),
  );
}

function float32Wav(samples: Float32Array, sampleRate = 16000): Uint8Array {
  return writeWav([samples], sampleRate, "float32");
}

/** Checks what holds of every success, and returns the JSON that was printed. */
async function checkedResult(run: Explained, expected: Float32Array, sampleRate: number) {
  assert.is(run.stderr, "");
  assert.is(run.status, 0);
  assert.equal((await readdir(run.out)).sort(), [
    "explanation.json",
    "explanation.wav",
    "rest.wav",
    "spectrogram.png",
  ]);
  const sound = async (name: string) => readWav(await readFile(join(run.out, name)), name);
  const explanation = await sound("explanation.wav");
  const rest = await sound("rest.wav");
  for (const wav of [explanation, rest]) {
    assert.is(wav.sampleRate, sampleRate);
    assert.is(wav.channels.length, 1);
    assert.is(wav.channels[0].length, expected.length);
    assert.equal(wav.notes, []);
  }
  let furthest = 0;
  expected.forEach((sample, n) => {
    furthest = Math.max(furthest, Math.abs(explanation.channels[0][n] + rest.channels[0][n] - sample));
  });
  assert.ok(furthest <= 1e-6, `sum is off by ${furthest}`);
  const picture = decode(await readFile(join(run.out, "spectrogram.png")));
  assert.ok(picture.width > 800 && picture.width < 2000 && picture.height > 400 && picture.height < 2000);
  const printed = JSON.parse(run.stdout);
  const written = JSON.parse(await readFile(join(run.out, "explanation.json"), "utf8"));
  assert.is(written.decision.label, printed.decision.label);
  assert.is(written.perWindow.length, printed.windows);
  return { printed, written, explanation: explanation.channels[0], rest: rest.channels[0] };
}

function assertFails(run: CliResult, status: number, pattern: RegExp): void {
  assert.is(run.status, status, run.stderr);
  assert.match(run.stderr, pattern);
  assert.not.match(run.stderr, /\n\s+at /);
  assert.is(run.stdout, "");
}

test("the four files: what was decided, and explanation + rest = recording", async () => {
  const low = tone(1000, 2);
  const mixture = low.map((sample, n) => sample + 0.1 * Math.sin((2 * Math.PI * 6000 * n) / 16000));
  const run = await explain("two-tones.wav", float32Wav(mixture), "--json");
  const { printed, written, explanation, rest } = await checkedResult(run, mixture, 16000);
  assert.is(printed.decision.label, "low");
  assert.ok(printed.decision.accepted);
  assert.is(printed.windows, written.perWindow.length);
  // The tiny pack keeps 0.95 of the winner's band and 0.05 of all else; away from the edges that is exact.
  const power = (samples: Float32Array, hertz: number) => {
    let re = 0;
    let im = 0;
    for (let n = 4000; n < 28000; n++) {
      re += samples[n] * Math.cos((2 * Math.PI * hertz * n) / 16000);
      im += samples[n] * Math.sin((2 * Math.PI * hertz * n) / 16000);
    }
    return (2 * Math.hypot(re, im)) / 24000;
  };
  assert.ok(Math.abs(power(explanation, 1000) - 0.475) < 1e-3);
  assert.ok(Math.abs(power(explanation, 6000) - 0.005) < 1e-3);
  assert.ok(Math.abs(power(rest, 6000) - 0.095) < 1e-3);
});

test("of independent classes all that are believed are named, each by its own threshold", async () => {
  const pack = await independentPack([0.5, 0.2, 0.9]);
  const high = tone(6000, 2, 16000, 0.4);
  const samples = tone(1000, 2).map((sample, n) => sample + high[n]);
  const run = await explain("both.wav", float32Wav(samples), "--pack", pack, "--json");
  const { written } = await checkedResult(run, samples, 16000);
  const { label, accepted, answers, believed, threshold, thresholds } = written.decision;
  assert.equal([label, accepted, answers, threshold], ["low", true, "independent", 0.5]);
  assert.equal(
    believed.map((each: { label: string }) => each.label),
    ["low", "high"],
  );
  assert.equal(thresholds, { low: 0.5, high: 0.2, quiet: 0.9 });

  const said = await explain("both.wav", float32Wav(samples), "--pack", pack);
  assert.match(said.stdout, /heard: low, 7\d %; also high, 2\d %\n/);
  const strict = await independentPack([0.95, 0.95, 0.95]);
  const none = await explain("both.wav", float32Wav(samples), "--pack", strict);
  assert.match(none.stdout, /heard: nothing that it knows \(nearest: low, 7\d %, which needs 95 %\)/);
});

test("the method of ones gives the recording back, and --original writes it", async () => {
  const samples = tone(700, 1.5);
  const run = await explain("ones.wav", float32Wav(samples), "--method", "all-ones", "--original");
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stdout, /heard: low/);
  for (const name of ["explanation.wav", "original.wav"]) {
    const { channels } = readWav(await readFile(join(run.out, name)));
    assert.ok(channels[0].every((sample, n) => Math.abs(sample - samples[n]) < 1e-5));
  }
});

test("the picture shows the mask", async () => {
  const noise = Float32Array.from(
    { length: 32000 },
    (_, n) => 0.3 * Math.sin(n * n * 0.01) + 0.2 * Math.sin(n * 0.3),
  );
  const picture = async (method: string) => {
    const run = await explain(`${method}.wav`, float32Wav(noise), "--method", method);
    return decode(await readFile(join(run.out, "spectrogram.png")));
  };
  const [masked, whole] = [await picture("bands"), await picture("all-ones")];
  // In the lower panel masked bins are grey; with a mask of ones both panels are in colour alike.
  const colourful = ({ data, width, height }: { data: ArrayLike<number>; width: number; height: number }) => {
    let count = 0;
    for (let y = Math.floor(height / 2) - 20; y < Math.floor(height * 0.75); y++) {
      for (let x = 112; x < 1112; x++) {
        const at = 3 * (y * width + x);
        if (Math.max(data[at], data[at + 2]) - data[at + 1] > 40) count++;
      }
    }
    return count;
  };
  assert.ok(colourful(masked) < 0.7 * colourful(whole), `${colourful(masked)} of ${colourful(whole)}`);
});

test("recordings at 8 to 192 kHz keep their rate", async () => {
  const rates = [8000, 11025, 22050, 44100, 48000, 96000, 192000];
  await Promise.all(
    rates.map(async (sampleRate) => {
      const samples = tone(1000, 1.2, sampleRate);
      const run = await explain(`rate-${sampleRate}.wav`, float32Wav(samples, sampleRate), "--json");
      const { printed } = await checkedResult(run, samples, sampleRate);
      assert.is(printed.decision.label, "low", `${sampleRate} Hz`);
    }),
  );
});

test("stereo is explained as the mean of its channels", async () => {
  const left = tone(1000, 1.2);
  const right = tone(1500, 1.2);
  const run = await explain("stereo.wav", writeWav([left, right], 16000, "float32"), "--json");
  await checkedResult(
    run,
    left.map((sample, n) => (sample + right[n]) / 2),
    16000,
  );
});

test("a tenth of a second is enough", async () => {
  const samples = tone(1000, 0.1);
  const run = await explain("short.wav", float32Wav(samples), "--json");
  const { printed } = await checkedResult(run, samples, 16000);
  assert.is(printed.windows, 1);
  assert.is(printed.decision.label, "low");
});

test("silence is said to be silence", async () => {
  const samples = new Float32Array(32000);
  const run = await explain("silence.wav", float32Wav(samples), "--json");
  const { printed } = await checkedResult(run, samples, 16000);
  assert.is(printed.decision.label, null);
  assert.is(printed.decision.accepted, false);
  assert.is(printed.silentWindows, printed.windows);
});

test("DC and a full-scale square wave are explained like any sound", async () => {
  const dc = new Float32Array(24000).fill(0.7);
  await checkedResult(await explain("dc.wav", float32Wav(dc), "--json"), dc, 16000);
  const square = Float32Array.from({ length: 24000 }, (_, n) => (n % 40 < 20 ? 1 : -1));
  const run = await explain("square.wav", float32Wav(square), "--json");
  const { printed } = await checkedResult(run, square, 16000);
  assert.is(printed.decision.label, "low");
});

test("samples that are no numbers, or absurdly large, count as zero and are told of", async () => {
  const samples = tone(1000, 1.2);
  const usable = samples.slice();
  [Number.NaN, Number.POSITIVE_INFINITY, 1e30].forEach((value, i) => {
    samples[5000 + i] = value;
    usable[5000 + i] = 0;
  });
  const run = await explain("nan.wav", float32Wav(samples), "--json");
  const { printed } = await checkedResult(run, usable, 16000);
  assert.is(printed.notes.length, 2);
  assert.match(printed.notes.join(), /nan\.wav held 2 samples that are no numbers/);
});

test("a recording of nothing but NaN is silence", async () => {
  const run = await explain("all-nan.wav", float32Wav(new Float32Array(20000).fill(Number.NaN)), "--json");
  const { printed } = await checkedResult(run, new Float32Array(20000), 16000);
  assert.is(printed.decision.label, null);
  assert.match(printed.notes.join(), /held 20000 samples/);
});

test("a cut-off file is explained as far as it goes, and that is told", async () => {
  const samples = tone(1000, 2);
  const run = await explain("cut.wav", float32Wav(samples).subarray(0, 44 + 4 * 20000 + 3), "--json");
  const { printed } = await checkedResult(run, samples.subarray(0, 20000), 16000);
  assert.match(printed.notes.join(), /cut\.wav is cut off/);
});

test("files that hold no sound are refused by name", async () => {
  const cases: [string, Uint8Array | string, RegExp][] = [
    ["empty.wav", "", /^listenable: .*empty\.wav .*empty/],
    ["text.wav", "Dear diary, today I heard a dog.\n", /text\.wav .*Dear diary/],
    ["head.wav", float32Wav(tone(1, 1)).subarray(0, 30), /head\.wav/],
    ["none.wav", float32Wav(new Float32Array(0)), /none\.wav .*without a single sample/],
    ["slow.wav", float32Wav(tone(100, 1, 4000), 4000), /slow\.wav .*4000 Hz; 8000 to/],
    ["broken.mp3", "ID3 and no more", /broken\.mp3/],
  ];
  await Promise.all(
    cases.map(async ([name, bytes, pattern]) => assertFails(await explain(name, bytes), 1, pattern)),
  );
  const nowhere = join(folder, "nowhere.wav");
  assertFails(await runCli("explain", nowhere, "--out", folder, "--pack", TINY_PACK), 1, /nowhere\.wav/);
  assertFails(await runCli("explain", folder, "--out", folder, "--pack", TINY_PACK), 1, /is a folder/);
});

test("misuse ends with 2 and says what would be right", async () => {
  const wav = float32Wav(tone(1000, 0.5));
  const cases: [string, string, RegExp][] = [
    ["--method", "magic", /no method "magic"; it has: bands, all-ones/],
    ["--class", "dog", /no class "dog"; it has: low, high, quiet/],
    ["--class", "low", /method bands .* leave --class out/],
    ["--stride", "0", /"0" is not a whole number/],
    ["--stride", "500", /windows have 128 frames/],
    ["--runtime", "gpu", /auto, node, web/],
  ];
  await Promise.all(
    cases.map(async ([option, value, pattern], n) => {
      assertFails(await explain(`use-${n}.wav`, wav, option, value), 2, pattern);
    }),
  );
  assertFails(await runCli("explain", "use.wav"), 2, /--out/);
});

test("an output folder that can't be made is named", async () => {
  const file = join(folder, "taken.wav");
  await writeFile(file, float32Wav(tone(1000, 0.5)));
  assertFails(
    await runCli("explain", file, "--out", file, "--pack", TINY_PACK),
    1,
    /--out .*taken\.wav can't be made/,
  );
});

test("a pack that is not there is named", async () => {
  const run = await runCli("explain", join(folder, "use.wav"), "--out", folder, "--pack", "no-such-pack");
  assertFails(run, 1, /no-such-pack/);
});

test("a failure leaves no half-written sound behind", async () => {
  const run = await explain("late.mp3", Buffer.from("ID3 but nothing else"));
  assert.is(run.status, 1);
  const left = await readdir(run.out).catch(() => []);
  assert.equal(left, []);
});

test("a sound that can't be written leaves no others behind", async () => {
  const out = join(folder, "blocked");
  await mkdir(join(out, "rest.wav.part"), { recursive: true });
  const file = join(folder, "blocked.wav");
  await writeFile(file, float32Wav(tone(1000, 0.5)));
  assertFails(await runCli("explain", file, "--out", out, "--pack", TINY_PACK), 1, /rest\.wav\.part/);
  assert.equal(await readdir(out), ["rest.wav.part"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} in the middle leaves no half-written sound behind and ends with 130`, async () => {
    const out = join(folder, `out-${signal}`);
    const file = join(folder, `${signal}.wav`);
    // At stride 1 this would take minutes.
    await writeFile(file, float32Wav(tone(1000, 300)));
    let seen: string[] = [];
    const run = await runCliWatched(
      async (pid) => {
        if (seen.length > 0) return;
        seen = await readdir(out).catch(() => []);
        if (seen.length > 0) process.kill(pid, signal);
      },
      ...["explain", file, "--out", out, "--pack", TINY_PACK, "--stride", "1"],
    );
    assert.match(seen.join(), "explanation.wav.part");
    assertFails(run, 130, /interrupted/);
    assert.equal(await readdir(out), []);
  });
}

test.after(() => rm(folder, { recursive: true, force: true }));
test("a streaming pack explains a file block by block, and has no stride", async () => {
  const sound = tone(1_000, 2);
  const streaming = join(TINY_PACK, "..", "tiny-streaming");
  const run = await explain("blocks.wav", float32Wav(sound), "--pack", streaming, "--json");
  const { decision, heardIn, windows } = (await checkedResult(run, sound, 16_000)).printed;
  assert.is(decision.label, "low");
  assert.equal([heardIn, windows], ["blocks", 64]);
  const refused = await explain("blocks.wav", float32Wav(sound), "--pack", streaming, "--stride", "16");
  assert.is(refused.status, 2);
  assert.match(refused.stderr, /--stride 16: pack tiny-streaming hears each frame once/);
});

test.run();
