import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { problems } from "../../../client/words/english/problems.ts";
import { numbersIn } from "../../../client/words/numbers.ts";
import {
  bestLanguage,
  isLanguage,
  labelText,
  languages,
  onLanguage,
  setLanguage,
  words,
} from "../../../client/words/words.ts";
import { packageFolder } from "../../../models/runtime/open-pack-node.ts";

test.after.each(() => setLanguage("en"));

/** Every text by its path; a function is called with what no text may lose. */
function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, callWithMarks(value as (...values: unknown[]) => unknown)]];
  if (typeof value !== "object" || value === null) throw new Error(`${path} is neither text nor texts`);
  return Object.entries(value).flatMap(([name, each]) => texts(each, path === "" ? name : `${path}.${name}`));
}

function callWithMarks(text: (...values: unknown[]) => unknown): string {
  for (const marks of [
    ["‹1›", "‹2›", "‹3›"],
    [7, "‹2›", "explanation"],
    [["‹1›", "‹2›"], 7, 7],
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
  const names = /Listenable|Original|Rest|Start|Server|Version|Audio|Hertz|WAV|^‹1›/;
  assert.equal(
    same.filter(([, text]) => !names.test(text)),
    [],
  );
});

test("the classes of the released packs have names in every language", () => {
  const folder = join(packageFolder(), "models", "packs");
  for (const pack of readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory())) {
    const { labels, other } = JSON.parse(readFileSync(join(folder, pack.name, "pack.json"), "utf8"));
    for (const label of labels.filter((each: string) => each !== other)) {
      assert.ok(Object.hasOwn(languages.de.labels, label), `${pack.name}: ${label}`);
    }
  }
});

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
