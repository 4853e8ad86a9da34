// In a process of its own, as on the audio thread: where explainers of many shapes have run, the engine compiles anew for
// each, and until it has, it allocates itself.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Explainer } from "../../worklets/explainer.ts";
import { FeedbackGuard } from "../../worklets/feedback-guard.ts";
import { Recent, recentBytes } from "../../worklets/recent.ts";
import { RecentSender } from "../../worklets/recent-sender.ts";
import { constantMask, noise, OWN_SHAPE, Rig } from "./rig.ts";

const LISTENINGS = ["original", "explanation", "rest"] as const;

test("nothing is allocated while it runs", () => {
  const input = noise(128, 11);
  const output = new Float32Array(128);
  const rig = new Rig({ sampleRate: 48_000 });
  const mask = constantMask(0.5);
  const recent = new Recent(new ArrayBuffer(recentBytes(OWN_SHAPE)), OWN_SHAPE);
  const sender = new RecentSender(recent, OWN_SHAPE, () => {});
  const explainer = new Explainer({
    sampleRate: 48_000,
    shape: OWN_SHAPE,
    masking: "linear",
    delayFrames: 12,
    maxDelayFrames: 40,
    listening: "explanation",
    matchLoudness: true,
    masks: rig.board,
    records: { send: () => true },
    recent,
    guard: new FeedbackGuard(OWN_SHAPE),
  });
  const run = (quanta: number) => {
    for (let n = 0; n < quanta; n++) {
      if (n % 3 === 0) rig.board.write(n, mask);
      if (n % 500 === 0) explainer.setDelay(5 + ((n / 500) % 20));
      if (n % 70 === 0) explainer.choose(LISTENINGS[n % 3]);
      if (n % 100 === 0) sender.begin(n);
      if (n % 130 === 0) explainer.matchLoudness(n % 260 === 0);
      explainer.process(input, output);
      sender.step();
    }
  };
  run(10_000);
  // Until everything is compiled, the engine itself allocates, and on a busy machine that comes late: what the code
  // allocates, it allocates in every round.
  const rounds: number[] = [];
  // A collection in between would make a round look as if it gave memory back.
  const quiet = (bytes: number) => bytes >= 0 && bytes < 100_000;
  while (rounds.length < 12 && !rounds.some(quiet)) {
    const before = process.memoryUsage().heapUsed;
    run(20_000);
    rounds.push(process.memoryUsage().heapUsed - before);
  }
  assert.ok(rounds.some(quiet), `${rounds} bytes in 20,000 quanta: 5 bytes a quantum would be one number`);
});

test.run();
