// In a process of its own, as on the audio thread: where explainers of many shapes have run, the engine compiles anew for
// each, and until it has, it allocates itself.
import { setFlagsFromString } from "node:v8";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RingBuffer } from "../../dsp/index.ts";
import { RecordField, readNumber, recordWords } from "../../protocol/port.ts";
import { Explainer } from "../../worklets/explainer.ts";
import { FeedbackGuard } from "../../worklets/feedback-guard.ts";
import { Recent, recentBytes } from "../../worklets/recent.ts";
import { RecentSender } from "../../worklets/recent-sender.ts";
import { WorkerLink } from "../../worklets/worker-link.ts";
import { assertOneTookNothing, constantMask, heapOfRounds, noise, OWN_SHAPE, sharedMemory } from "./rig.ts";

// Which calls the engine inlines changes from run to run, and a fraction that goes through one that it does not inline is
// an object made for it. With no call inlined, every such place shows in every run.
setFlagsFromString("--no-turbo-inlining");

const MAX_DELAY = 40;
const LISTENINGS = ["original", "explanation", "rest"] as const;
/** A howl grows from -60 dB to full scale in so many quanta. */
const HOWL_QUANTA = 2_000;

// The second rate has so many phases that the resampler interpolates its filters.
for (const sampleRate of [48_000, 44_101]) {
  test(`nothing is allocated while it runs at ${sampleRate} Hz`, () => {
    const room = noise(128, 11, 0.01);
    const input = new Float32Array(128);
    const output = new Float32Array(128);
    const mask = constantMask(0.5);
    const memory = sharedMemory(MAX_DELAY, 16);
    const link = new WorkerLink(memory, OWN_SHAPE, MAX_DELAY, () => {});
    link.connect(new MessageChannel().port1);
    const recent = new Recent(new ArrayBuffer(recentBytes(OWN_SHAPE)), OWN_SHAPE);
    const sender = new RecentSender(recent, OWN_SHAPE, () => {});
    const guard = new FeedbackGuard(OWN_SHAPE);
    const explainer = new Explainer({
      sampleRate,
      shape: OWN_SHAPE,
      masking: "linear",
      delayFrames: 12,
      maxDelayFrames: MAX_DELAY,
      listening: "explanation",
      matchLoudness: true,
      masks: link.masks,
      records: link,
      recent,
      guard,
    });
    // The worker: masks come in time, but stay away now and then until they are missed.
    const arrived = new RingBuffer(memory.records);
    const record = new Float32Array(recordWords(OWN_SHAPE));
    const answer = () => {
      while (arrived.pop(record) > 0) {
        const frame = readNumber(record, RecordField.frame);
        if (frame % 1_000 > 200) link.masks.write(frame, mask);
      }
    };
    const run = (quanta: number) => {
      for (let n = 0; n < quanta; n++) {
        if (n % 500 === 0) explainer.setDelay(5 + ((n / 500) % 20));
        if (n % 700 === 0) explainer.choose(LISTENINGS[n % 3]);
        if (n % 100 === 0) sender.begin(n);
        if (n % 1300 === 0) explainer.matchLoudness(n % 2600 === 0);
        const howl = guard.gain * 10 ** (-3 + (3 * (n % HOWL_QUANTA)) / HOWL_QUANTA);
        for (let k = 0; k < 128; k++)
          input[k] = room[k] + howl * Math.sin((2 * Math.PI * 1_000 * (128 * n + k)) / sampleRate);
        explainer.process(input, output);
        sender.step();
        answer();
      }
    };
    const rounds = heapOfRounds(run);
    link.disconnect();
    assertOneTookNothing(rounds);
    assert.ok(guard.howls > 0, "the guard had nothing to do");
  });
}

test.run();
