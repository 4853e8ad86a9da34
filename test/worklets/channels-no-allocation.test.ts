// In a process of its own, as on the audio thread: see no-allocation.test.ts.
import { setFlagsFromString } from "node:v8";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ChannelMixer } from "../../dsp/channel-mixer.ts";
import { assertOneTookNothing, heapOfRounds, noise } from "./rig.ts";

setFlagsFromString("--no-turbo-inlining");

const QUANTUM = 128;
const RATE = 48_000;

test("channels are looked at and mixed without allocating anything, whatever they do", () => {
  const mixer = new ChannelMixer(RATE, "mix", 8);
  const out = new Float32Array(QUANTUM);
  const hiss = noise(QUANTUM, 3, 0.1);
  const left = new Float32Array(QUANTUM);
  const right = new Float32Array(QUANTUM);
  const stereo = [left, right];
  const four = [left, right, hiss, new Float32Array(QUANTUM)];
  const nothing: Float32Array[] = [];
  const run = (quanta: number) => {
    for (let n = 0; n < quanta; n++) {
      // Upside down for a while, then alike; one of them noise for a while; two more channels, or none.
      const sign = n % 2_000 < 1_000 ? -1 : 1;
      for (let k = 0; k < QUANTUM; k++) {
        const time = (n * QUANTUM + k) / RATE;
        left[k] = 0.2 * Math.sin(2_000 * time) * (1 + Math.sin(9 * time));
        right[k] = n % 5_000 < 1_500 ? hiss[k] : sign * left[k];
      }
      if (n % 10_000 > 9_500) mixer.mix(n % 2 === 0 ? nothing : stereo, QUANTUM, out);
      else mixer.mix(n % 8_000 < 2_000 ? four : stereo, QUANTUM, out);
    }
  };
  const rounds = heapOfRounds(run);
  assert.ok(mixer.judge.changes > 20, `${mixer.judge.changes} changes`);
  assertOneTookNothing(rounds);
});

test.run();
