// A whole sound through a method, by a pack whose right answers are known by hand.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { joined } from "../../../dsp/joined.ts";
import { istft, stft } from "../../../dsp/offline.ts";
import {
  type ExplainedSound,
  type ExplainSoundOptions,
  explainSound,
  explainStream,
  figuresOf,
  frameAt,
  hearSound,
  judgeParts,
  MethodInputError,
  openPack,
  windowCentre,
} from "../../../models/index-node.ts";
import { writeAskedPack } from "../../client/page/moment/asked-pack.ts";

const test = suite("explain sound");
const RATE = 16_000;
const BINS = 257;
const folder = mkdtempSync(join(tmpdir(), "listenable-explain-"));
const pack = await openPack(writeAskedPack(folder));
test.after(async () => {
  await pack.close();
  rmSync(folder, { recursive: true });
});

/** A tone that begins and ends at `from` and `to`, in seconds. */
function tone(hertz: number, seconds: number, { rate = RATE, amplitude = 0.3, from = 0, to = seconds } = {}) {
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, n) =>
    n >= from * rate && n < to * rate ? amplitude * Math.sin((2 * Math.PI * hertz * n) / rate) : 0,
  );
}

const mixed = (...sounds: readonly Float32Array[]) =>
  sounds[0].map((_, n) => sounds.reduce((sum, sound) => sum + sound[n], 0));

/** "low" (the 1 kHz) all the time, and "high" over it in the last two seconds of four, where it wins. */
const LOW_THEN_HIGH = mixed(tone(1_000, 4, { amplitude: 0.1 }), tone(6_000, 4, { from: 2, amplitude: 0.4 }));

function furthest(a: Float32Array, b: Float32Array): number {
  assert.is(a.length, b.length);
  return a.reduce((most, value, n) => Math.max(most, Math.abs(value - b[n])), 0);
}

/** Energy of a stretch of seconds. */
function energy(samples: Float32Array, from: number, to: number): number {
  return samples.subarray(from * RATE, to * RATE).reduce((sum, sample) => sum + sample * sample, 0);
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error("expected an error")),
    (error) => error,
  );
}

const ask = (samples: Float32Array, options: Partial<ExplainSoundOptions> = {}) =>
  explainSound(pack, samples, { rate: RATE, ...options });

test("explanation and rest sum to the sound, at its own rate and length", async () => {
  for (const rate of [8_000, 16_000, 44_100, 48_000]) {
    const samples = tone(1_000, 1.37, { rate });
    const { explanation, rest, rate: given, decision } = await ask(samples, { rate });
    assert.is(given, rate);
    assert.ok(
      furthest(
        explanation.map((sample, n) => sample + rest[n]),
        samples,
      ) < 1e-6,
    );
    assert.is(decision.label, "low");
    assert.ok(decision.accepted);
  }
});

test("the explanation is the sound with its mean mask, as the offline transform has it", async () => {
  const samples = mixed(tone(1_000, 2), tone(6_000, 2, { amplitude: 0.1 }));
  const { explanation, mask, magnitudes, frames } = await ask(samples);
  const whole = stft(samples, pack.pack.stft);
  assert.is(frames, whole.frames);
  assert.is(mask.length, frames * BINS);
  const masked = whole.spectra.map((value, i) => value * mask[i >> 1]);
  assert.ok(
    furthest(explanation, istft({ ...whole, spectra: masked }, samples.length, pack.pack.stft)) < 1e-5,
  );
  const [frame, bin] = [100, 32];
  const at = 2 * (frame * BINS + bin);
  const expected = Math.hypot(whole.spectra[at], whole.spectra[at + 1]);
  assert.ok(Math.abs(magnitudes[frame * BINS + bin] - expected) < 1e-3 * expected);
});

test("a frame's mask is the weighted mean over the windows that covered it", async () => {
  // One frame after the other is heard: high wins the windows that hold enough of it, and only them.
  const { mask, windows, frames } = await ask(LOW_THEN_HIGH);
  const keepsHigh = ({ probabilities }: { probabilities: Float32Array }) =>
    probabilities[1] > probabilities[0] ? 0.95 : 0.05;
  assert.ok(windows.some((window) => keepsHigh(window) > 0.5));
  assert.ok(windows.some((window) => keepsHigh(window) < 0.5));
  for (let frame = 0; frame < frames; frame += 13) {
    let sum = 0;
    let total = 0;
    for (const window of windows) {
      const place = frame - window.firstFrame;
      if (place < 0 || place >= 128) continue;
      // A window's five newest frames weigh less and less: it has not heard what follows.
      const weight = Math.min(1, (128 - place) / 5);
      sum += weight * keepsHigh(window);
      total += weight;
    }
    assert.ok(Math.abs(mask[frame * BINS + 192] - sum / total) < 1e-5, `frame ${frame}`);
  }
});

test("in pieces of any size it is the same to the last bit", async () => {
  const samples = mixed(tone(1_000, 3, { rate: 44_100 }), tone(6_000, 3, { rate: 44_100, from: 1.5 }));
  const whole = await ask(samples, { rate: 44_100, target: "high", stride: 24 });
  for (const size of [1_000, 44_100, 1e6]) {
    const pieces = Array.from({ length: Math.ceil(samples.length / size) }, (_, k) =>
      samples.subarray(k * size, (k + 1) * size),
    );
    const blocks = [];
    const options = { rate: 44_100, target: "high", stride: 24 };
    for await (const block of explainStream(pack, pieces, options)) blocks.push(block);
    for (const key of ["explanation", "rest", "mask", "magnitudes"] as const) {
      assert.is(furthest(joined(blocks.map((block) => block[key])), whole[key]), 0, `${key}, ${size}`);
    }
    assert.equal(
      blocks.flatMap(({ windows }) => windows),
      whole.windows,
    );
  }
});

test("a class is asked about by its label or its index", async () => {
  const samples = mixed(tone(1_000, 2), tone(6_000, 2, { amplitude: 0.1 }));
  const byLabel = await ask(samples, { target: "high" });
  const byIndex = await ask(samples, { target: 1 });
  assert.is(byLabel.target, 1);
  assert.is(furthest(byLabel.explanation, byIndex.explanation), 0);
  assert.ok(Math.abs(byLabel.mask[100 * BINS + 192] - 0.95) < 1e-6);
  assert.ok(Math.abs(byLabel.mask[100 * BINS + 32] - 0.05) < 1e-6);
  assert.is((await ask(samples)).target, -1);
});

test("a method that can't be asked refuses, keeps to each window's winner, or to where the class wins", async () => {
  const question = { method: "bands", target: "low" };
  const error = await failure(ask(LOW_THEN_HIGH, question));
  assert.ok(error instanceof MethodInputError);
  assert.match(error.message, /method bands of pack tiny .*not "low"; leave the class out, or take asked/);
  const any = await ask(LOW_THEN_HIGH, { ...question, ifUnaskable: "any-winner" });
  const own = await ask(LOW_THEN_HIGH, { ...question, ifUnaskable: "only-where-it-wins" });
  assert.is(furthest(any.explanation, (await ask(LOW_THEN_HIGH, { method: "bands" })).explanation), 0);
  assert.equal(own.windows, any.windows, "what is heard is the same");
  assert.ok(
    energy(any.explanation, 3.2, 4) >
      10 *
        energy(
          LOW_THEN_HIGH.map((x) => 0.05 * x),
          3.2,
          4,
        ),
  );
  assert.is(energy(own.explanation, 3.2, 4), 0, "where high wins nothing of low is told");
  assert.ok(Math.abs(energy(own.explanation, 0, 0.5) - energy(any.explanation, 0, 0.5)) < 1e-6);
});

test("a loaded method serves as well, and only as itself", async () => {
  const samples = tone(1_000, 1.2);
  const bands = await pack.method("bands");
  const own = await explainSound(bands, samples, { rate: RATE });
  assert.is(furthest(own.explanation, (await ask(samples, { method: "bands" })).explanation), 0);
  const error = await failure(explainSound(bands, samples, { rate: RATE, method: "asked" }));
  assert.match(error.message, /method bands was loaded and asked is wanted; give the pack/);
});

test("several sounds at once share a method", async () => {
  const sounds = [1_000, 1_500, 2_000].map((hertz) => tone(hertz, 1.5));
  const together = await Promise.all(sounds.map((samples) => ask(samples)));
  for (const [k, { explanation }] of together.entries()) {
    assert.is(furthest(explanation, (await ask(sounds[k])).explanation), 0);
  }
});

test("errors name the value and the way out", async () => {
  const samples = tone(1_000, 0.5);
  const withNan = samples.slice();
  withNan[1_234] = Number.NaN;
  const message = async (promise: Promise<unknown>) => (await failure(promise)).message;
  assert.match(await message(ask(samples, { target: "dog" })), /no class "dog"; it has: low, high, quiet/);
  assert.match(await message(ask(samples, { target: 3 })), /no class 3; it has: low, high, quiet/);
  assert.match(await message(ask(samples, { target: -2 })), /no class -2; it has/);
  assert.match(await message(ask(samples, { target: 0.5 })), /no class 0.5; it has/);
  assert.match(await message(ask(samples, { method: "magic" })), /no method "magic"; it has: asked, bands/);
  assert.match(await message(ask(samples, { stride: 129 })), /stride is 129; .* from 1 to 128/);
  assert.match(await message(ask(samples, { rate: 44_100.5 })), /44100.5/);
  assert.match(await message(ask(withNan)), /sample 1234 is NaN; put 0/);
  assert.match(await message(ask([0, 1] as never)), /Float32Array.*\[object Array\].*getChannelData/);
});

test("channels become one by the same rule, whole and in pieces, and what is not their mean is told", async () => {
  const left = tone(1_000, 3);
  const right = left.map((sample) => -sample);
  const alone = await explainSound(pack, left, { rate: RATE });
  assert.equal(alone.notes, []);
  const sound = await explainSound(pack, [left, right], { rate: RATE });
  assert.is(sound.decision.label, "low");
  assert.is(furthest(sound.explanation, alone.explanation), 0);
  assert.match(sound.notes.join(), /cancel each other.*left channel is heard alone/);
  const chosen = await explainSound(pack, [left, right], { rate: RATE, channel: "right" });
  assert.ok(
    furthest(
      chosen.explanation,
      alone.explanation.map((sample) => -sample),
    ) < 1e-6,
  );
  assert.equal(chosen.notes, []);

  const notes: string[] = [];
  const pieces = Array.from({ length: 10 }, (_, k) =>
    [left, right].map((each) => each.subarray(4_800 * k, 4_800 * (k + 1))),
  );
  const blocks = [];
  const onNote = (note: string) => notes.push(note);
  for await (const block of explainStream(pack, pieces, { rate: RATE, onNote }))
    blocks.push(block.explanation);
  assert.is(furthest(joined(blocks), alone.explanation), 0);
  assert.equal(notes, sound.notes);

  const message = async (promise: Promise<unknown>) => (await failure(promise)).message;
  assert.match(
    await message(explainSound(pack, [left, right], { rate: RATE, channel: 3 })),
    /no channel 3.*2 channels/,
  );
  assert.match(
    await message(explainSound(pack, [left, right.subarray(1)], { rate: RATE })),
    /48000 and 47999 samples/,
  );
  assert.match(await message(explainSound(pack, [], { rate: RATE })), /one for each channel/);
});

test("an aborted sound ends at the next window, with the signal's reason", async () => {
  const abort = new AbortController();
  const shares: number[] = [];
  const error = await failure(
    ask(tone(1_000, 10), {
      signal: abort.signal,
      onProgress: (share) => {
        shares.push(share);
        if (shares.length === 3) abort.abort(new Error("enough"));
      },
    }),
  );
  assert.is(error.message, "enough");
  assert.is(shares.length, 3);
  assert.is((await failure(ask(tone(1_000, 1), { signal: abort.signal }))).message, "enough");
  assert.is((await ask(tone(1_000, 1))).decision.label, "low", "the method is there for others");
});

test("progress grows to one, and is waited for", async () => {
  const told = async (samples: Float32Array) => {
    const shares: number[] = [];
    let waiting = 0;
    await ask(samples, {
      onProgress: async (share) => {
        assert.is(waiting++, 0);
        await new Promise((resolve) => setTimeout(resolve));
        waiting--;
        shares.push(share);
      },
    });
    return shares;
  };
  for (const samples of [tone(1_000, 3), tone(1_000, 0.1), new Float32Array(2 * RATE)]) {
    const shares = await told(samples);
    assert.is(shares.at(-1), 1);
    assert.equal(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.ok(shares.every((share, k) => k === 0 || share > shares[k - 1]));
  }
});

test("silence and no sound at all have no class, and everything is rest", async () => {
  for (const samples of [new Float32Array(2 * RATE), new Float32Array(0)]) {
    const { decision, explanation, rest } = await ask(samples);
    assert.is(decision.label, null);
    assert.is(furthest(explanation, samples), 0);
    assert.is(furthest(rest, samples), 0);
  }
});

test("both parts are judged in the windows of the whole", async () => {
  const explained = await ask(mixed(tone(1_000, 2), tone(6_000, 2, { amplitude: 0.15 })));
  const judged = await judgeParts(pack, explained);
  assert.equal(
    judged.map(({ firstFrame }) => firstFrame),
    explained.windows.map(({ firstFrame }) => firstFrame),
  );
  const figures = figuresOf(judged, { target: explained.target });
  assert.is(figures?.target, 0);
  assert.ok(figures!.explanation > figures!.whole && figures!.rest < 0.1);
  const direct = await hearSound(pack, explained.rest, { rate: RATE });
  assert.equal(
    judged.map(({ rest }) => rest),
    direct.map(({ probabilities }) => probabilities),
  );
  const sparse = await judgeParts(pack, explained, { stride: 32 });
  assert.equal(
    sparse.map(({ firstFrame }) => firstFrame),
    judged
      .map(({ firstFrame }) => firstFrame)
      .filter((first, k) => first % 32 === 0 || k === judged.length - 1),
  );
});

test("nothing is heard in a part that only rounding is left of", async () => {
  const explained = await ask(tone(1_000, 2), { method: "all-ones" });
  const part = explained.rest.some((sample) => sample !== 0);
  assert.ok(part, "there is rounding noise");
  const judged = await judgeParts(pack, explained);
  for (const { rest, whole } of judged) {
    assert.equal([...rest], [0, 0, 0]);
    assert.ok(whole[0] > 0.5);
  }
});

test("silent windows count in a span that is the class's own, and nowhere else", async () => {
  const explained = await ask(tone(1_000, 6, { to: 2 }));
  const judged = await judgeParts(pack, explained);
  const audible = figuresOf(judged, { target: 0 });
  const all = figuresOf(judged, { target: 0, counting: "all" });
  assert.ok(audible!.whole > 0.9 && all!.windows > audible!.windows);
  assert.ok(Math.abs(all!.whole - (audible!.whole * audible!.windows) / all!.windows) < 0.05);
  assert.is(figuresOf(judged, { target: 0, during: { from: 600, to: 700, windowFrames: 128 } }), null);
  assert.is(
    figuresOf(judged, { target: 0, during: { from: 600, to: 700, windowFrames: 128 }, counting: "all" })
      ?.whole,
    0,
  );
});

test("a window's middle is the same place in frames and in seconds", async () => {
  for (const first of [0, 16, 1_000]) {
    assert.ok(Math.abs(frameAt(windowCentre(first, pack.pack), pack.pack) - (first + 64)) < 1e-9);
  }
  // Half a second of 128 frames of 8 ms, less what the first of them lies before the sound.
  assert.ok(Math.abs(windowCentre(0, pack.pack) - 0.5) < 1e-12);
});

test("without a stride a pack of short windows is explained with the longest there is", async () => {
  const bands = await pack.method("bands");
  const short = { ...pack.pack, windowFrames: 8 };
  const fake = {
    ...bands,
    pack: short,
    run: async () => ({
      probabilities: Float32Array.of(1, 0, 0),
      masks: new Float32Array(8 * BINS).fill(0.5),
      inferenceMs: 0,
    }),
  };
  const samples = tone(1_000, 0.5);
  const { windows, explanation } = await explainSound(fake, samples, { rate: RATE });
  assert.equal([windows[0].firstFrame, windows[1].firstFrame], [0, 8]);
  assert.ok(
    furthest(
      explanation,
      samples.map((sample) => sample / 2),
    ) < 1e-5,
  );
});

test("what is explained is told in full", async () => {
  const explained: ExplainedSound = await ask(tone(1_000, 1));
  assert.is(explained.explanation.length, RATE);
  assert.is(explained.magnitudes.length, explained.frames * BINS);
  assert.is(explained.decision.windows, explained.windows.length);
});

test.run();
