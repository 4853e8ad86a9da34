// Loudness, figures, files and the shared page of a moment.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Moment, PackSummary } from "../../../../client/live/live-explainer.ts";
import { matchingGains } from "../../../../client/page/moment/match-loudness.ts";
import { fileStem, momentFacts, momentWav } from "../../../../client/page/moment/moment-files.ts";
import { heardStretches } from "../../../../client/page/moment/panel/heard-stretches.ts";
import { secondTicks } from "../../../../client/page/moment/panel/time.ts";
import { sharedPage } from "../../../../client/page/moment/shared/page.ts";
import { framesOf, type MomentVersion } from "../../../../client/page/moment/version.ts";
import { integratedLoudness } from "../../../../dsp/loudness.ts";
import { readWav } from "../../../../dsp/wav.ts";
import { figuresOf } from "../../../../models/explain/figures.ts";
import type { JudgedWindow } from "../../../../models/explain/judge-parts.ts";
import { MaskState } from "../../../../protocol/mask-state.ts";
import { noise, sine } from "../../../worklets/rig.ts";

const test = suite("moment parts");
const RATE = 16_000;

const scaled = (samples: Float32Array, gain: number) => samples.map((sample) => gain * sample);
const peakOf = (samples: Float32Array) =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

test("what is brought to one loudness is as loud, with every peak below full scale", () => {
  const loudest = noise(3 * RATE, 1, 0.5);
  const faint = noise(3 * RATE, 2, 0.1);
  const spiky = sine(3 * RATE, 900, RATE, 0.12);
  for (let n = 0; n < spiky.length; n += 8_000) spiky[n] = 0.6;
  const sounds = [loudest, faint, spiky];
  const gains = matchingGains(sounds, RATE);
  const after = sounds.map((samples, k) => scaled(samples, gains[k]));
  const loudness = after.map((samples) => integratedLoudness(samples, RATE));
  for (const each of loudness) assert.ok(Math.abs(each - loudness[0]) < 0.05, `${loudness}`);
  for (const samples of after) assert.ok(peakOf(samples) < 0.9);
  assert.ok(gains[0] < 1, "the first gives way to the one that cannot be made louder");
});

test("the original stays as it is where nothing must give way", () => {
  const original = noise(2 * RATE, 3, 0.2);
  const gains = matchingGains([original, scaled(original, 0.25)], RATE);
  assert.ok(Math.abs(gains[0] - 1) < 1e-6 && Math.abs(gains[1] - 4) < 1e-4, `${gains}`);
});

test("a mere remainder is not made loud, and drags nothing down; silence stays silent", () => {
  const original = noise(2 * RATE, 4, 0.3);
  const gains = matchingGains([original, scaled(original, 1e-3), new Float32Array(2 * RATE)], RATE);
  assert.ok(Math.abs(gains[0] - 1) < 1e-6);
  assert.ok(gains[1] <= 10 ** (24 / 20) + 1e-9);
  assert.is(gains[2], 1);
  assert.equal(matchingGains([new Float32Array(RATE), original], RATE), [1, 1]);
});

const windowOf = (firstFrame: number, whole: number, power = 1): JudgedWindow => ({
  firstFrame,
  whole: Float32Array.of(whole, 1 - whole),
  explanation: Float32Array.of(0.75, 0.25),
  rest: Float32Array.of(0.25, 0.75),
  silent: power === 0,
  power,
});

test("figures are means over the audible windows in the span", () => {
  const windows = [windowOf(0, 0.5), windowOf(64, 1), windowOf(128, 0.5, 1e-4), windowOf(192, 0.75, 0)];
  const figures = figuresOf(windows, { target: 0, during: { from: 0, to: 400, windowFrames: 128 } });
  assert.ok(figures);
  assert.is(figures.windows, 2, "one is too faint beside the others and one silent");
  assert.is(figures.whole, 0.75);
  assert.is(figures.increase, 0.5);
  assert.is(figures.faithfulness, 0.5);
  assert.is(
    figuresOf(windows, { target: 0, during: { from: 120, to: 130, windowFrames: 128 } })?.whole,
    1,
    "the one whose middle is there",
  );
  assert.is(
    figuresOf(windows, { target: 0, during: { from: 0, to: 4, windowFrames: 128 } })?.whole,
    0.5,
    "the nearest where there is none",
  );
  assert.is(figuresOf(windows, { target: -1, during: { from: 0, to: 400, windowFrames: 128 } })?.target, 0);
  assert.is(figuresOf([], { target: -1, during: { from: 0, to: 400, windowFrames: 128 } }), null);
});

const PACK: PackSummary = {
  name: "tiny",
  version: "1.0.0",
  title: "</script><b>Tiny & co",
  labels: ["low", "high"],
  threshold: 0.5,
  sampleRate: RATE,
  window: 512,
  hop: 128,
  bins: 257,
  windowFrames: 128,
  answeredFrames: 128,
  url: "http://localhost/packs/tiny/",
  localOnly: null,
  methods: [{ name: "bands", title: "Bands", target: false }],
};

function momentOf(hops: number): { moment: Moment; version: MomentVersion } {
  const original = noise(hops * 128, 5);
  const explanation = scaled(original, 0.5);
  const rest = original.map((sample, n) => sample - explanation[n]);
  const frames = hops + 3;
  const mask = new Float32Array(frames * 257).fill(0.5);
  const moment: Moment = {
    sampleRate: RATE,
    window: 512,
    hop: 128,
    bins: 257,
    original,
    explanation,
    rest,
    frames,
    mask,
    decisions: [{ firstFrame: 3, probabilities: Float32Array.of(0.25, 0.75) }],
    pack: PACK,
    facts: {
      source: "<img src=x onerror=alert(1)>",
      engine: "local",
      engineDescription: "none",
      method: "bands",
      target: -1,
      mixed: false,
      frozenAt: Date.UTC(2026, 10, 23, 8, 30),
    },
  };
  const sounds = { original, explanation, rest };
  const windows = [windowOf(0, 1), windowOf(64, 1)];
  return { moment, version: { heard: true, method: "bands", target: -1, sounds, mask, windows } };
}

test("WAV files hold the very samples of the span, and still add up", () => {
  const { moment } = momentOf(300);
  const span = { from: 1_000, to: 20_000 };
  const [original, explanation, rest] = (["original", "explanation", "rest"] as const).map((name) => {
    const { channels, sampleRate } = readWav(momentWav(moment[name], RATE, span), name);
    assert.is(sampleRate, RATE);
    assert.equal(channels[0], moment[name].slice(1_000, 20_000));
    return channels[0];
  });
  assert.ok(original.every((sample, n) => rest[n] === Math.fround(sample - explanation[n])));
});

test("facts name pack, method, times and what the classifier said", () => {
  const { moment, version } = momentOf(300);
  const facts = momentFacts(moment, [version], { from: 3_200, to: 16_000 + 3_200 }, "0.1.0");
  assert.is(facts.seconds, 1);
  assert.is(facts.secondsIn, 0.2);
  assert.is(facts.frozenAt, "2026-11-23T08:30:00.000Z");
  assert.is(facts.pack.version, "1.0.0");
  assert.equal(facts.explanations[0].figures?.class, "low");
  assert.is(facts.explanations[0].meanMask, 0.5);
  assert.equal(facts.decisions, [{ at: -0.2, probabilities: { low: 0.25, high: 0.75 } }]);
  assert.match(fileStem(moment, "Something / else"), /^listenable-2026-11-\d\d-\d{6}-something-else$/);
});

test("what has no mask is left out of figures and mean, and the facts say where it is", () => {
  const { moment, version } = momentOf(300);
  const states = new Uint8Array(303)
    .fill(MaskState.own)
    .fill(MaskState.none, 0, 60)
    .fill(MaskState.held, 60, 70);
  const mask = version.mask.slice().fill(1, 0, 60 * 257);
  const unexplained = { ...version, states, mask };
  const all = { from: 0, to: moment.original.length };
  const [facts] = momentFacts(moment, [unexplained], all, "0.1.0").explanations;
  assert.equal(facts.unexplained, [{ from: 0, to: 0.48 }]);
  assert.is(facts.meanMask, 0.5);
  assert.is(facts.figures?.windows, 1, "the window from frame 0 on has frames without masks");
  const early = momentFacts(moment, [unexplained], { from: 0, to: 4_000 }, "0.1.0").explanations[0];
  assert.equal(
    [early.figures, early.meanMask],
    [null, null],
    "nothing explained, no figures, not those of another part",
  );
  assert.equal(early.unexplained, [{ from: 0, to: 0.25 }]);
  const later = momentFacts(moment, [unexplained], { from: 4_000, to: 16_000 }, "0.1.0").explanations[0];
  assert.equal(later.unexplained, [{ from: 0, to: 0.23 }], "from the beginning of the span, as all times");
  assert.equal(momentFacts(moment, [version], all, "0.1.0").explanations[0].unexplained, []);
});

test("an answer of a streaming pack is about the second before it: without masks in that it counts for nothing", () => {
  const { moment, version } = momentOf(300);
  const streaming = { ...moment, pack: { ...PACK, windowFrames: 4, answeredFrames: 124 } };
  const windows = [100, 180, 184, 260].map((firstFrame) => windowOf(firstFrame, 1));
  const states = new Uint8Array(303)
    .fill(MaskState.own)
    .fill(MaskState.none, 0, 60)
    .fill(MaskState.none, 230, 231);
  const all = { from: 0, to: moment.original.length };
  const [facts] = momentFacts(streaming, [{ ...version, windows, states }], all, "0.1.0").explanations;
  assert.is(facts.figures?.windows, 2, "those that end with frames 183 and 187");
});

test("what a streaming pack heard in a span is what its answers say of that, and lies there", () => {
  const { moment, version } = momentOf(600);
  const pack = { ...PACK, windowFrames: 4, answeredFrames: 124 };
  // It heard "low" in the blocks that end with frames 300 to 423: what they are about has its middles from 238 to 361.
  const low = (firstFrame: number) => (firstFrame + 4 >= 300 && firstFrame + 4 < 424 ? 1 : 0);
  const blocks = Array.from({ length: 150 }, (_, k) => 4 * k);
  const windows = blocks.map((firstFrame) => windowOf(firstFrame, low(firstFrame)));
  const decisions = blocks.map((firstFrame) => ({
    firstFrame,
    probabilities: Float32Array.of(low(firstFrame), 1 - low(firstFrame)),
  }));
  const heard = { ...moment, pack, decisions };
  const span = { from: 240 * 128, to: 350 * 128 };
  assert.is(momentFacts(heard, [{ ...version, windows }], span, "0.1.0").explanations[0].figures?.whole, 1);
  const stretch = heardStretches(heard).find(({ target }) => target === 0);
  assert.equal([stretch?.from, stretch?.to], [238.5 * 128 - 256, 362.5 * 128 - 256]);
});

test("frames of a span are those whose middle lies in it", () => {
  assert.equal(framesOf({ window: 512, hop: 128 }, { from: 0, to: 1_280 }), { from: 1, to: 11 });
  assert.equal(framesOf({ window: 512, hop: 128 }, { from: 1, to: 1_281 }), { from: 2, to: 12 });
});

test("a shared page holds all it needs and nothing that its texts smuggle in", () => {
  const { moment, version } = momentOf(30);
  const text = '"><script>alert("&")</script>';
  const page = sharedPage({
    language: "en",
    title: text,
    sentence: text,
    words: {
      play: text,
      stop: text,
      loop: text,
      match: text,
      sounds: text,
      keys: text,
      each: text,
      facts: text,
    },
    sampleRate: RATE,
    sounds: [{ title: text, samples: moment.original, gain: 1 }],
    pictures: [
      {
        title: text,
        description: text,
        image: "data:image/png;base64,AAAA",
        left: 5,
        right: 95,
        says: text,
        figures: [[text, text]],
      },
    ],
    facts: momentFacts(moment, [version], { from: 0, to: 1_280 }, "0.1.0"),
  });
  assert.not.match(page, "alert(&#34;&#38;&#34;)<");
  assert.is(page.split("<script").length - 1, 2, "the facts and the player, no more");
  assert.is(page.split("</script>").length - 1, 2);
  assert.not.match(page, "<img src=x");
  assert.not.match(page.replace(/"url":[^,]*,/g, ""), /(?:src|href)="(?!data:)/);
  assert.match(page, "default-src 'none'");
  const json = /<script type="application\/json" id="moment">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
  assert.is(JSON.parse(json).source, moment.facts.source);
});

test("what a moment was taken for lies where the windows' middles were, without flickering", () => {
  const { moment } = momentOf(600);
  const decision = (firstFrame: number, low: number) => ({
    firstFrame,
    probabilities: Float32Array.of(low, 1 - low),
  });
  const low = Array.from({ length: 20 }, (_, k) => decision(3 + 8 * k, 0.9));
  const flicker = [decision(3 + 8 * 20, 0.2)];
  const high = Array.from({ length: 10 }, (_, k) => decision(3 + 8 * (21 + k), 0.25));
  const pack = { ...PACK, threshold: 0.8 };
  const stretches = heardStretches({ ...moment, pack, decisions: [...low, ...flicker, ...high] });
  assert.equal(
    stretches.map(({ target, sure }) => [target, sure]),
    [
      [0, true],
      [1, false],
    ],
  );
  // Frame 3 is the moment's first whole one; a window's middle is 64 frames and a half after its beginning.
  assert.is(stretches[0].from, 67.5 * 128 - 256);
  assert.is(stretches[0].to, (67.5 + 8 * 20) * 128 - 256);
  assert.ok(Math.abs(stretches[0].probability - 0.9) < 1e-6);
});

test("a moment of independent classes was taken for the one most above its own threshold", () => {
  const { moment, version } = momentOf(600);
  const answers = Float32Array.of(0.8, 0.5);
  const decisions = Array.from({ length: 20 }, (_, k) => ({ firstFrame: 3 + 8 * k, probabilities: answers }));
  const pack = { ...PACK, answers: "independent", threshold: 0.5, thresholds: [0.75, 0.3] } as const;
  const heard = { ...moment, pack, decisions };
  const [stretch, ...others] = heardStretches(heard);
  assert.equal([stretch.target, stretch.sure, stretch.probability, others], [1, true, 0.5, []]);
  const facts = momentFacts(heard, [version], { from: 0, to: 16_000 }, "0.1.0");
  assert.equal(facts.pack.answers, "independent");
  assert.equal("thresholds" in facts.pack && facts.pack.thresholds, { low: 0.75, high: 0.3 });
});

test("times have at most eight labels, at steps that people count in", () => {
  assert.equal(secondTicks(10), [0, 2, 4, 6, 8]);
  assert.equal(secondTicks(2.5), [0, 0.5, 1, 1.5, 2]);
  assert.equal(secondTicks(0.3), [0, 0.05, 0.1, 0.15, 0.2, 0.25]);
});

test.run();
