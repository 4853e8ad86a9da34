// What every engine must do, whichever it is: run by local-engine.test.ts and remote-engine.test.ts.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Engine, EngineError, type SpectralWindow } from "../../../../protocol/engine.ts";

const FRAMES = 128;
const BINS = 257;

/** A window of the tiny test pack whose energy lies in the given bins. */
export function windowWith(firstFrame: number, from: number, to: number, level = 1): SpectralWindow {
  const magnitudes = new Float32Array(FRAMES * BINS);
  for (let t = 0; t < FRAMES; t++) magnitudes.fill(level, t * BINS + from, t * BINS + to);
  return { firstFrame, magnitudes };
}

/** Probabilities of the tiny pack for a window, by the formula in test/reference/tiny_pack.py. */
export function knownProbabilities(magnitudes: Float32Array): number[] {
  let low = 0;
  let high = 0;
  for (let t = 0; t < FRAMES; t++) {
    for (let f = 0; f < BINS; f++) {
      const energy = magnitudes[t * BINS + f] ** 2 / FRAMES;
      if (f >= 1 && f < 64) low += energy;
      if (f >= 128) high += energy;
    }
  }
  const scores = [low + 1e-3, high + 1e-3, 0.101].map((each) => each ** 2);
  const sum = scores.reduce((a, b) => a + b);
  return scores.map((each) => each / sum);
}

export function engineSuite(kind: Engine["kind"], open: () => Promise<Engine>): void {
  const using = async (use: (engine: Engine) => Promise<void>) => {
    const engine = await open();
    try {
      await use(engine);
    } finally {
      await engine.close();
    }
  };

  test(`${kind}: names itself`, () =>
    using(async (engine) => {
      assert.is(engine.kind, kind);
      assert.match(engine.description, "onnxruntime");
    }));

  test(`${kind}: known windows get known answers`, () =>
    using(async (engine) => {
      const cases = [
        { window: windowWith(0, 10, 20), inside: [1, 64] },
        { window: windowWith(8, 200, 210, 0.3), inside: [128, 257] },
        { window: windowWith(16, 0, 257, 0.001), inside: [0, 0] },
      ];
      for (const { window, inside } of cases) {
        const answer = await engine.explain(window);
        assert.is(answer.firstFrame, window.firstFrame);
        const known = knownProbabilities(window.magnitudes);
        assert.is(answer.probabilities.length, 3);
        known.forEach((p, i) => {
          assert.ok(
            Math.abs(answer.probabilities[i] - p) < 2e-3,
            `class ${i}: ${answer.probabilities[i]} not ${p}`,
          );
        });
        assert.is(answer.mask.length, FRAMES * BINS);
        for (const t of [0, 64, FRAMES - 1]) {
          for (let f = 0; f < BINS; f++) {
            const expected = f >= inside[0] && f < inside[1] ? 0.95 : 0.05;
            const got = answer.mask[t * BINS + f];
            assert.ok(Math.abs(got - expected) <= 0.5 / 255 + 1e-6, `mask of frame ${t} bin ${f} is ${got}`);
          }
        }
        assert.ok(answer.inferenceMs >= 0 && answer.inferenceMs < 60_000);
      }
    }));

  test(`${kind}: a sliding stream is explained by what lies in each window`, () =>
    using(async (engine) => {
      // Low sound up to frame 200, high sound after it; the stride jumps now and then, as when windows are dropped.
      const strides = [8, 8, 16, 3, 1, 128, 129, 200, 8];
      let firstFrame = 0;
      for (const stride of strides) {
        const magnitudes = new Float32Array(FRAMES * BINS);
        for (let t = 0; t < FRAMES; t++) magnitudes[t * BINS + (firstFrame + t < 200 ? 30 : 150)] = 2;
        const answer = await engine.explain({ firstFrame, magnitudes });
        knownProbabilities(magnitudes).forEach((p, i) => {
          assert.ok(Math.abs(answer.probabilities[i] - p) < 5e-3, `window ${firstFrame}, class ${i}`);
        });
        firstFrame += stride;
      }
    }));

  test(`${kind}: other content under the same frame numbers is seen, as is a stream that starts again`, () =>
    using(async (engine) => {
      const winner = async (window: SpectralWindow) => {
        const { probabilities } = await engine.explain(window);
        return probabilities.indexOf(Math.max(...probabilities));
      };
      assert.is(await winner(windowWith(0, 10, 20)), 0);
      assert.is(await winner(windowWith(0, 200, 220)), 1);
      assert.is(await winner(windowWith(8, 10, 20)), 0);
      assert.is(await winner(windowWith(1000, 200, 220)), 1);
      assert.is(await winner(windowWith(-120, 10, 20)), 0);
    }));

  test(`${kind}: NaN, infinite and negative magnitudes count as zero`, () =>
    using(async (engine) => {
      const window = windowWith(0, 10, 20);
      for (let t = 0; t < FRAMES; t++) {
        window.magnitudes[t * BINS + 150] = Number.NaN;
        window.magnitudes[t * BINS + 151] = Number.POSITIVE_INFINITY;
        window.magnitudes[t * BINS + 152] = -5;
      }
      const { probabilities } = await engine.explain(window);
      assert.ok(probabilities[0] > 0.99);
    }));

  test(`${kind}: the window is left as it was`, () =>
    using(async (engine) => {
      const window = windowWith(0, 10, 20);
      const copy = window.magnitudes.slice();
      await engine.explain(window);
      assert.equal(window.magnitudes, copy);
    }));

  test(`${kind}: a window of a wrong size is refused and the engine lives on`, () =>
    using(async (engine) => {
      const small = { firstFrame: 0, magnitudes: new Float32Array(FRAMES * BINS - 1) };
      await rejects(engine.explain(small), "bad-input", "32895");
      assert.ok((await engine.explain(windowWith(0, 10, 20))).probabilities[0] > 0.99);
    }));

  test(`${kind}: a second call at the same time is refused as busy`, () =>
    using(async (engine) => {
      const first = engine.explain(windowWith(0, 10, 20));
      await rejects(engine.explain(windowWith(8, 10, 20)), "busy");
      assert.ok((await first).probabilities[0] > 0.99);
    }));

  test(`${kind}: after close, calls are refused, and closing twice is fine`, () =>
    using(async (engine) => {
      await engine.close();
      await rejects(engine.explain(windowWith(0, 10, 20)), "closed");
    }));
}

export async function rejects(promise: Promise<unknown>, code: string, part = ""): Promise<void> {
  const error = await engineError(promise);
  assert.is(error.code, code, error.message);
  assert.match(error.message, part);
}

/** The EngineError that the promise must be rejected with. */
export async function engineError(promise: Promise<unknown>): Promise<EngineError> {
  const outcome = await promise.then(
    () => "no error",
    (error) => error,
  );
  assert.instance(outcome, EngineError, String(outcome));
  return outcome as EngineError;
}
