import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { problems } from "../../../../client/kit/words/english/problems.ts";
import { numbersIn } from "../../../../client/kit/words/numbers.ts";
import {
  bestLanguage,
  isLanguage,
  type Language,
  labelText,
  languages,
  onLanguage,
  setLanguage,
  toldText,
  words,
} from "../../../../client/kit/words/words.ts";
import type { EngineReason, Told } from "../../../../client/live/told.ts";
import { AUDIOSET_NAMES } from "../../../../lab/training/audioset-names.ts";
import { listPacks, packageFolder } from "../../../../models/pack/open-pack-node.ts";

const answers = (reason: EngineReason): Told => ({ code: "engine-answers", engine: "local", reason });

const toldSamples: readonly Told[] = [
  { code: "polyfill" },
  { code: "voice-processing", what: "echoCancellation" },
  { code: "voice-processing", what: "noiseSuppression" },
  { code: "voice-processing", what: "autoGainControl" },
  { code: "microphone-muted" },
  { code: "microphone-unmuted" },
  { code: "microphone-away" },
  { code: "microphone-back" },
  { code: "other-microphone", name: "‹1›" },
  { code: "other-microphone", name: "" },
  { code: "other-microphone-took-over" },
  { code: "chosen-microphone-back" },
  { code: "microphone-followed" },
  { code: "howled" },
  { code: "channels", verdict: { of: 74, heard: [71], silent: [], noisy: [], cancelling: true } },
  { code: "channels", verdict: { of: 74, heard: [71, 72], silent: [1], noisy: [], cancelling: false } },
  { code: "held-back", state: null },
  { code: "held-back", state: "‹1›" },
  { code: "flows" },
  { code: "slept", seconds: 71 },
  { code: "stands-still", what: "device", trying: true },
  { code: "stands-still", what: "frames", trying: false },
  { code: "begun-anew" },
  { code: "given-up" },
  answers({ why: "chosen" }),
  answers({ why: "measured" }),
  answers({ why: "server-back" }),
  answers({ why: "late", misses: 72, windows: 73 }),
  answers({ why: "in-time", windows: 74 }),
  answers({ why: "failed", detail: "‹1›" }),
  { code: "server-late" },
  { code: "engine-failed", detail: "‹1›", next: "nothing" },
  { code: "engine-failed", detail: "‹1›", next: "device" },
  { code: "engine-failed", detail: "‹1›", next: "trying" },
  { code: "engine-failed", detail: "‹1›", next: "until-back" },
];

test.after.each(() => setLanguage("en"));

/** Every text by its path; a function is called with what no text may lose. */
function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, callWithMarks(value as (...values: unknown[]) => unknown)]];
  if (typeof value !== "object" || value === null) throw new Error(`${path} is neither text nor texts`);
  // They take values with names, and have a test of their own.
  if (path === "live") return [];
  return Object.entries(value).flatMap(([name, each]) => texts(each, path === "" ? name : `${path}.${name}`));
}

function callWithMarks(text: (...values: unknown[]) => unknown): string {
  for (const marks of [
    ["‹1›", "‹2›", "‹3›", "‹4›"],
    [7, "‹2›", "explanation"],
    [["‹1›", "‹2›"], 7, 7],
    ["‹1›", { original: "‹2›", explanation: "‹3›", rest: "‹4›" }, true, true],
  ]) {
    try {
      const said = text(...marks.slice(0, text.length));
      if (typeof said === "string" && !said.includes("undefined")) return said;
    } catch {
      // Other kinds of values are tried.
    }
  }
  throw new Error(`cannot call ${text}`);
}

for (const [tag, each] of Object.entries(languages)) {
  test(`${tag}: no text is missing, has spaces around it or a value that is not one`, () => {
    const english = new Map(texts(languages.en));
    for (const [path, text] of texts(each)) {
      assert.is(text, text.trim(), path);
      assert.not.match(text, /undefined|NaN|\[object/, path);
      const original = english.get(path);
      if (original !== undefined) assert.is(text === "", original === "", path);
    }
  });

  test(`${tag}: every value that English shows is shown`, () => {
    const english = new Map(texts(languages.en));
    const marks = (text: string) => [...new Set(text.match(/‹\d›/g))].sort();
    for (const [path, text] of texts(each)) {
      const original = english.get(path);
      if (original !== undefined) assert.equal(marks(text), marks(original), path);
    }
  });

  test(`${tag}: what is told while it runs shows its values`, () => {
    setLanguage(tag as Language);
    const said = toldSamples.map(toldText);
    for (const [k, text] of said.entries()) {
      assert.not.match(text, /undefined|NaN|\[object|^\s|\s$/);
      const { code: _, ...values } = toldSamples[k];
      const shown = JSON.stringify(values).match(/‹\d›|7[0-9]/g) ?? [];
      for (const value of shown) assert.ok(text.includes(value), text);
    }
    assert.is(new Set(said).size, said.length, "two of them read alike");
  });

  test(`${tag}: every problem has a sentence and a next step of its own, without jargon`, () => {
    const seen = new Set<string>();
    for (const code of Object.keys(problems) as (keyof typeof problems)[]) {
      const { what, next } = each.problems[code];
      for (const sentence of [what, next]) {
        assert.match(sentence, /^\p{Lu}.*[.]$/u, code);
        assert.not.match(sentence, /getUserMedia|AudioContext|WebSocket|ONNX|WASM|Error/, code);
      }
      assert.not.ok(seen.has(what), code);
      seen.add(what);
    }
  });
}

test("nothing is left in English in another language, but for names", () => {
  const english = new Map(texts(languages.en));
  const same = texts(languages.de).filter(
    ([path, text]) => /[a-z]{4}/i.test(text) && english.get(path) === text,
  );
  const names = /Listenable|Live|Original|Rest|Start|Server|Version|Audio|Hertz|WAV|^‹1›/;
  assert.equal(
    same.filter(([, text]) => !names.test(text)),
    [],
  );
});

/** Classes of the released packs, and those that the next one is trained on, by where they are from. */
function knownClasses(): [string, string][] {
  const folder = join(packageFolder(), "models", "packs");
  const released = listPacks(folder).flatMap((pack) => {
    const { labels, other } = JSON.parse(readFileSync(join(folder, pack, "pack.json"), "utf8"));
    return labels
      .filter((label: string) => label !== other)
      .map((label: string): [string, string] => [pack, label]);
  });
  return [...released, ...Object.keys(AUDIOSET_NAMES).map((label): [string, string] => ["trained", label])];
}

for (const [tag, { labels }] of Object.entries(languages)) {
  test(`${tag}: every class has a word of its own, as within a sentence`, () => {
    const known = knownClasses();
    assert.ok(known.length >= 11 + 52);
    for (const [pack, label] of known) {
      assert.ok(Object.hasOwn(labels, label), `${pack}: ${label}`);
    }
    const names = Object.values(labels);
    assert.is(new Set(names).size, names.length, "two of them read alike");
    for (const name of names) assert.not.match(name, /_|[.]$/, name);
  });
}

test("a class without a word is shown as the pack has it, and names of Object are no words", () => {
  setLanguage("de");
  assert.is(labelText("clock_tick"), "Uhrticken");
  assert.is(labelText("coffee_machine"), "coffee machine");
  assert.is(labelText("constructor"), "constructor");
});

test("the best language is the first that there are words for", () => {
  assert.is(bestLanguage(["fr-CA", "de-AT", "en"]), "de");
  assert.is(bestLanguage(["en-GB", "de"]), "en");
  assert.is(bestLanguage(["ja"]), "en");
  assert.is(bestLanguage([]), "en");
  assert.not.ok(isLanguage("toString"));
});

test("a change of language is told once, and not after that", () => {
  let told = 0;
  const forget = onLanguage(() => told++);
  setLanguage("de");
  setLanguage("de");
  assert.is(told, 1);
  assert.is(words.page.source.microphone, "Mikrofon");
  forget();
  setLanguage("en");
  assert.is(told, 1);
});

test("numbers are written as the language does", () => {
  const { milliseconds, percent, rate, kilohertz, plural, listed } = numbersIn("de");
  assert.is(milliseconds(7.25), "7,3 ms");
  assert.is(percent(0.934), "93 %");
  assert.is(rate(15.625), "15,6");
  assert.is(kilohertz(250), "0,25");
  assert.is(plural(1, "Klang", "Klänge"), "Klang");
  assert.is(listed(["Hund", "Hahn"]), "Hund und Hahn");
  for (const show of [milliseconds, percent, rate, kilohertz]) assert.is(show(Number.NaN), "–");
});

test.run();
