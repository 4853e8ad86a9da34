import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  capitalised,
  classesByName,
  className,
  kilohertz,
  milliseconds,
  percent,
  rate,
} from "../../../client/kit/format.ts";
import { readSettings } from "../../../client/kit/parameters.ts";
import { statusText } from "../../../client/kit/status-text.ts";
import { setLanguage } from "../../../client/kit/words/words.ts";
import type { Status, Timings } from "../../../client/live/live-explainer.ts";
import { toProblem } from "../../../client/live/problems.ts";
import { Announcer } from "../../../client/page/announcer.ts";
import { latencyParts, latencyTotal, tooSlowForLive } from "../../../client/page/components/latency.ts";

test("anything thrown becomes a problem", () => {
  const problem = { code: "server-gone", detail: "ws://x" } as const;
  assert.is(toProblem(problem), problem);
  assert.equal(toProblem(new TypeError("no such thing")), {
    code: "unexpected",
    detail: "TypeError: no such thing",
  });
  assert.equal(toProblem(undefined), { code: "unexpected", detail: "undefined" });
});

test("numbers for people never show NaN", () => {
  assert.is(percent(0.934), "93 %");
  assert.is(percent(0.004), "<1 %");
  assert.is(percent(0), "0 %");
  assert.is(percent(0.9987), ">99 %");
  assert.is(percent(1), "100 %");
  assert.is(milliseconds(31.5), "32 ms");
  assert.is(milliseconds(7.25), "7.3 ms");
  assert.is(milliseconds(8), "8 ms");
  assert.is(milliseconds(null), "–");
  assert.is(kilohertz(250), "0.25");
  assert.is(kilohertz(8000), "8");
  assert.is(rate(15.625), "15.6");
  for (const show of [percent, milliseconds, kilohertz, rate]) assert.is(show(Number.NaN), "–");
  assert.is(capitalised(className("clock_tick")), "Clock tick");
});

test("classes to choose from are in the order of their names in the page's language, other last", () => {
  const labels = ["rooster", "other", "car_horn", "dog"];
  const names = () => classesByName(labels, "other").map(({ name }) => name);
  // Thousands of them are put in order once, and not each time that a page is drawn.
  assert.is(classesByName(labels, "other"), classesByName(labels, "other"));
  assert.is.not(classesByName(labels, "other"), classesByName(labels));
  assert.equal(names(), ["Car horn", "Dog", "Rooster", "Something else"]);
  setLanguage("de");
  assert.equal(names().slice(0, 3), ["Hahn", "Hund", "Hupe"]);
  setLanguage("en");
  assert.equal(
    classesByName(["rooster", "dog"]).map(({ index }) => index),
    [1, 0],
  );
});

test("the address sets the page, and nonsense in it is ignored", () => {
  const sounds = ["clock-in-rain", "dog-by-the-sea"];
  assert.equal(readSettings("", sounds), {
    source: "sound",
    sound: "clock-in-rain",
    engine: "local",
    delay: undefined,
    listening: "explanation",
    method: undefined,
    pack: undefined,
    volume: 0.8,
    loudness: undefined,
    headphones: false,
    start: false,
  });
  const chosen = readSettings(
    "?source=microphone&sound=dog-by-the-sea&engine=remote&delay=low-delay&listening=rest&method=l2i&pack=esc10-speech&volume=35&loudness=unchanged&headphones=yes&start=yes",
    sounds,
  );
  assert.equal(chosen, {
    source: "microphone",
    sound: "dog-by-the-sea",
    engine: "remote",
    delay: "low-delay",
    listening: "rest",
    method: "l2i",
    pack: "esc10-speech",
    volume: 0.35,
    loudness: "unchanged",
    headphones: true,
    start: true,
  });
  const odd = readSettings(
    "?source=tape&sound=toString&engine=&delay=none&pack=../secret&listening=all&volume=loud&loudness=quiet&start=1",
    sounds,
  );
  assert.equal(odd, readSettings("", sounds));
  assert.is(readSettings("?volume=900", sounds).volume, 1);
  assert.is(readSettings("?volume=-3", sounds).volume, 0);
});

test("a screen reader hears only what lasts, once, and not too often", () => {
  const announcer = new Announcer(1000, 4000);
  const said: [number, string][] = [];
  const timeline = (now: number) =>
    now < 3000
      ? "rain"
      : now < 3500
        ? "sneezing"
        : now < 9000
          ? "clock tick"
          : now % 400 < 200
            ? "dog"
            : "rain";
  for (let now = 0; now < 15_000; now += 100) {
    const sentence = announcer.offer(timeline(now), now);
    if (sentence) said.push([now, sentence]);
  }
  // The sneeze is too short, and two labels that flicker are never settled.
  assert.equal(said, [
    [1000, "rain"],
    [5000, "clock tick"],
  ]);
});

test("every state of the explainer has words", () => {
  const steps = ["audio", "model", "microphone", "file", "engine"] as const;
  const states: Status[] = [
    { state: "idle" },
    ...steps.map((step) => ({ state: "starting", step }) as const),
    {
      state: "running",
      source: "x",
      engine: "local",
      engineDescription: "",
      explanation: "here",
      notices: [],
    },
    { state: "stopped", reason: "asked" },
    { state: "stopped", reason: "ended" },
    { state: "failed", problem: { code: "unexpected", detail: "" } },
  ];
  const headlines = states.map((status) => statusText(status).headline);
  assert.is(new Set(headlines).size, headlines.length);
  const loading = statusText({ state: "starting", step: "model", progress: 0.4 });
  assert.is(loading.progress, 0.4);
  assert.is(loading.sentence, "40 %");
});

const timings: Timings = {
  stftMs: 32,
  lookAheadMs: 64,
  strideMs: 64,
  engineAllowanceMs: 30,
  algorithmicMs: 190,
  deviceMs: null,
  engineP50Ms: 10,
  engineP99Ms: 30,
  inferenceP50Ms: 8,
  windowsPerSecond: 15.6,
  windowsDropped: 0,
  restarts: 0,
  lateFrames: 0,
  missedDeadlines: 0,
  engineLeastMs: 0,
};

test("the delay's parts leave out what is unknown and add up", () => {
  assert.is(latencyParts(timings).length, 4);
  assert.is(latencyTotal(timings), 190);
  const known = { ...timings, deviceMs: 20 };
  assert.is(
    latencyParts(known).reduce((sum, { ms }) => sum + ms, 0),
    latencyTotal(known),
  );
});

test("a method is too slow to be live when a window waits longer than the sound is held", () => {
  const busy = { ...timings, engineP50Ms: 70, engineP99Ms: 90, inferenceP50Ms: 60, windowsPerSecond: 12 };
  assert.not(tooSlowForLive(busy));
  assert.ok(tooSlowForLive({ ...busy, engineP50Ms: 90 }));
  assert.not(tooSlowForLive({ ...busy, engineP50Ms: 90, windowsPerSecond: 0 }), "nothing measured yet");
});

test.run();
