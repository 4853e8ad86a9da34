// The guard in rooms that feed back, and with sounds that only look like it.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sampleRate as soundRate, syntheticSounds } from "../../client/kit/sounds/synthetic/index.ts";
import { resample } from "../../dsp/offline.ts";
import { FeedbackGuard } from "../../worklets/feedback-guard.ts";
import { constantMask, OWN_SHAPE, Rig, random, sine } from "./rig.ts";

const RATE = 16_000;

function guarded() {
  const guard = new FeedbackGuard(OWN_SHAPE);
  const rig = new Rig({ guard, listening: "original" });
  rig.maskEvery(() => constantMask(1));
  return { guard, rig };
}

interface Heard {
  /** Largest sample of each second at the microphone. */
  readonly peaks: number[];
  readonly guard: FeedbackGuard;
}

/**
 * A room with loudspeaker and microphone: what goes out comes back `delayMs` later through a resonance, `loopDb` louder than it
 * was where that is strongest. Microphones clip.
 */
function room(loopDb: number, hz: number, delayMs: number, seconds: number, on = true): Heard {
  const { guard, rig } = guarded();
  const unguarded = new Rig({ listening: "original" });
  unguarded.maskEvery(() => constantMask(1));
  const late = Math.round((delayMs / 1000) * RATE);
  const line = new Float32Array(late);
  const radius = 0.98;
  const angle = (2 * Math.PI * hz) / RATE;
  // Normalised to one at its centre.
  const scale = (1 - radius) * Math.sqrt(1 - 2 * radius * Math.cos(2 * angle) + radius ** 2);
  const loop = 10 ** (loopDb / 20);
  const next = random(4);
  const block = new Float32Array(128);
  let [y1, y2, at] = [0, 0, 0];
  const peaks: number[] = [];
  for (let second = 0; second < seconds; second++) {
    let peak = 0;
    for (let n = 0; n < RATE; n += 128) {
      for (let k = 0; k < 128; k++) {
        const y = scale * loop * line[(at + k) % late] + 2 * radius * Math.cos(angle) * y1 - radius ** 2 * y2;
        [y1, y2] = [y, y1];
        const people = 0.003 * (next() - 0.5);
        block[k] = Math.max(-1, Math.min(1, people + y));
        peak = Math.max(peak, Math.abs(block[k]));
      }
      (on ? rig : unguarded).explainer.process(block, block);
      for (let k = 0; k < 128; k++) line[(at + k) % late] = block[k];
      at = (at + 128) % late;
    }
    peaks.push(peak);
  }
  return { peaks, guard };
}

for (const [loopDb, hz, delayMs] of [
  [2, 800, 60],
  [4, 1_900, 20],
  [6, 440, 120],
  [12, 2_750, 40],
  [18, 1_230, 90],
]) {
  test(`a room that feeds back by ${loopDb} dB at ${hz} Hz after ${delayMs} ms howls without the guard and not with it`, () => {
    const without = room(loopDb, hz, delayMs, 16, false);
    assert.ok(Math.max(...without.peaks) > 0.95, `without: ${Math.max(...without.peaks)}`);
    const { peaks, guard } = room(loopDb, hz, delayMs, 40);
    assert.ok(guard.howls >= 1);
    const loud = peaks.filter((peak) => peak > 0.5).length;
    assert.ok(loud <= 5, `${loud} of 40 seconds were loud`);
    assert.ok(Math.max(...peaks.slice(-10)) < 0.3, `at the end ${Math.max(...peaks.slice(-10))}`);
    // It is turned down about as far as it has to be, and no further.
    assert.ok(20 * Math.log10(guard.gain) > -loopDb - 16, `${20 * Math.log10(guard.gain)} dB`);
  });
}

/** The lowest gain and the mean one, in dB, over a sound that is not our own. */
function duck(samples: Float32Array): { least: number; mean: number; howls: number } {
  const { guard, rig } = guarded();
  const gains: number[] = [];
  const output = new Float32Array(128);
  for (let start = 0; start + 128 <= samples.length; start += 128) {
    rig.explainer.process(samples.subarray(start, start + 128), output);
    gains.push(20 * Math.log10(guard.gain));
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return { least: Math.min(...gains), mean, howls: guard.howls };
}

const seconds = (count: number, sample: (t: number) => number) =>
  Float32Array.from({ length: count * RATE }, (_, n) => sample(n / RATE));
const tone = (hz: number, t: number) => Math.sin(2 * Math.PI * hz * t);

test("sounds that are not our own are left alone: the page's own, alarms, whistles, notes, noise, silence", () => {
  const next = random(8);
  const sounds: Record<string, Float32Array> = {
    "a steady alarm": sine(20 * RATE, 1_000, RATE),
    "an alarm that goes on and off": seconds(20, (t) => (t % 1 < 0.5 ? 0.4 * tone(2_000, t) : 0)),
    "a siren": seconds(
      20,
      (t) => 0.4 * Math.sin(2 * Math.PI * 900 * t - 250 * Math.cos(2 * Math.PI * 0.5 * t)),
    ),
    "notes that fade": seconds(
      20,
      (t) => 0.4 * tone(440 * 2 ** (Math.floor(t) / 12), t) * Math.exp(-2 * (t % 1)),
    ),
    noise: seconds(20, () => 0.4 * (next() - 0.5)),
    "noise that grows": seconds(20, (t) => 0.02 * t * (next() - 0.5)),
    "a voice that swells": seconds(20, (t) => {
      const swell = 0.05 * (1 + 4 * (t % 2));
      return swell * (tone(220, t) + 0.6 * tone(440, t) + 0.4 * tone(660, t) + 0.3 * tone(880, t));
    }),
    silence: seconds(5, () => 0),
  };
  for (const { name, make } of syntheticSounds) sounds[name] = resample(make(), soundRate, RATE);
  for (const [name, samples] of Object.entries(sounds)) {
    const { least, howls } = duck(samples);
    assert.is(howls, 0, name);
    assert.ok(least > -0.1, `${name}: ${least} dB`);
  }
});

test("a whistle that swells is tried, found innocent and given back", () => {
  const whistle = seconds(30, (t) => 0.4 * Math.min(1, 0.05 * 4 ** (t % 3)) * tone(1_500, t));
  const { mean, howls } = duck(whistle);
  assert.ok(howls <= 1, `${howls} howls`);
  assert.ok(mean > -6, `${mean} dB`);
});

test("the gain moves in small steps, and nothing is changed while nothing howls", () => {
  const { guard, rig } = guarded();
  const plain = new Rig({ listening: "original" });
  plain.maskEvery(() => constantMask(1));
  const input = resample(syntheticSounds[0].make(), soundRate, RATE);
  assert.equal(rig.run(input), plain.run(input));
  assert.is(guard.gain, 1);
});

test.run();
