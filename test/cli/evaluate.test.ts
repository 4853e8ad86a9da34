/** `listenable evaluate` on a classifier whose answers are known: sounds of low and of high tones. */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readWav, writeWav } from "../../dsp/index.ts";
import { readSound } from "../../lab/data/check-sound.ts";
import { writeHeard } from "../../lab/data/heard-sounds.ts";
import { Random } from "../../lab/data/random.ts";
import { soundHash } from "../../lab/data/sound-hash.ts";
import type { Evaluation, SettingTable } from "../../lab/evaluation/evaluation.ts";
import { METRICS } from "../../lab/evaluation/metrics/metric-row.ts";
import { cellText, columnsOf } from "../../lab/evaluation/report/tables.ts";
import { MODEL_RATE } from "../../lab/networks/own-shape.ts";
import { runCli, runCliWatched, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const test = suite("evaluate");
const available = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
const run = available ? test : test.skip;

type Record = Omit<Evaluation, "perClip" | "pools"> & { readonly seed: number };

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

const CLIPS = 4;

function tone(frequency: number, seconds: number): Uint8Array {
  const random = new Random(frequency);
  const samples = Float32Array.from(
    { length: seconds * MODEL_RATE },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * frequency * n) / MODEL_RATE) + 0.001 * random.normal(),
  );
  return writeWav([samples], MODEL_RATE);
}

/** ESC-50's layout with the classes of the tiny pack; a folder of the same sounds; sentences. */
test.before(async () => {
  folder = await temporaryFolder();
  for (const each of ["esc50/meta", "esc50/audio", "plain/deep", "speech"]) {
    await mkdir(at(each), { recursive: true });
  }
  const lines = ["filename,fold,target,category,esc10,src_file,take"];
  for (let clip = 0; clip < CLIPS; clip++) {
    const high = clip % 2 === 1;
    const bytes = tone((high ? 4500 : 400) + 50 * clip, 1.6);
    const name = `1-${clip}-A-${high ? 1 : 0}.wav`;
    await writeFile(at("esc50/audio", name), bytes);
    await writeFile(at("plain/deep", `tone-${clip}.wav`), bytes);
    lines.push(`${name},1,${high ? 1 : 0},${high ? "high" : "low"},False,${clip},A`);
  }
  await writeFile(at("esc50/meta/esc50.csv"), `${lines.join("\n")}\n`);
  await writeFile(at("plain/broken.wav"), "this is no sound");
  await writeFile(at("plain/silent.wav"), writeWav([new Float32Array(MODEL_RATE)], MODEL_RATE));
  await writeFile(at("speech/one.wav"), tone(1200, 1.5));
});
test.after(() => rm(folder, { recursive: true }));

const evaluateWords = (data: string, out: string, ...more: string[]) => [
  ...["evaluate", "--pack", TINY_PACK, "--data", at(data), "--out", at(out), "--threads", "1"],
  ...["--report-clips", "2", ...more],
];

async function evaluated(data: string, out: string, ...more: string[]): Promise<Record> {
  const { status, stdout, stderr } = await runCli(...evaluateWords(data, out, "--json", ...more));
  assert.is(status, 0, stderr);
  const record = JSON.parse(stdout) as Record;
  const left = record.skipped.length;
  if (left > 0) assert.match(stderr, `${left} sounds were left out`);
  return record;
}

const ownRow = (table: SettingTable, method: string) =>
  table.rows.find((row) => row.method === method && row.control === "own")!.mean;

run("labelled sounds give the classifier's figures and a table a setting", async () => {
  const words = ["--contamination", "published", "--speech", at("speech"), "--report-clips", "0"];
  const result = await evaluated("esc50", "labelled", "--randomisation", ...words);
  assert.equal(
    result.tables.map(({ setting }) => setting),
    ["id", "mixtures", "white-noise", "speech"],
  );
  assert.equal(result.classifier?.clips["known classes"], { right: CLIPS, of: CLIPS });
  const mixtures = result.tables[1];
  assert.equal(mixtures.accuracy, { right: 2 * CLIPS, of: 2 * CLIPS });
  assert.is(mixtures.sounds, 2 * CLIPS);

  // The tiny pack's mask keeps 0.95 of the winner's band and 0.05 of all else.
  const bands = ownRow(mixtures, "bands");
  assert.is(bands.fidIn, 1);
  assert.ok(bands.selectivity! > 20, `${bands.selectivity}`);
  assert.ok(bands.siSdr! > 10, `${bands.siSdr}`);
  const allOnes = ownRow(mixtures, "all-ones");
  assert.equal([allOnes.ai, allOnes.ad, allOnes.ag, allOnes.fidIn, allOnes.mm], [0, 0, 0, 1, 1]);
  assert.is(allOnes.sps ?? null, null);
  const shuffled = mixtures.rows.find(({ control }) => control === "shuffled")!;
  assert.ok(Math.abs(shuffled.mean.mm! - bands.mm!) < 1e-5);
  assert.equal(
    mixtures.rows.filter(({ block }) => block === "oracle").map(({ method }) => method),
    ["ideal-binary-mask", "ideal-ratio-mask"],
  );
  assert.ok(ownRow(mixtures, "ideal-binary-mask").siSdr! > 10);
  const layers = result.randomisation?.["bands"];
  assert.is(layers?.length, 1, "the bands are its one table of weights");
  assert.ok(layers![0].correlation! < 0.9, `${layers![0].correlation}`);
});

run("unknown sounds, two sounds at once and scenes are told beside the classifier's clips", async () => {
  await mkdir(at("strangers"));
  await writeFile(at("strangers", "whistle-1.wav"), tone(4200, 1.2));
  await writeFile(at("strangers", "whistle-2.wav"), tone(4300, 1.2));
  const words = ["--contamination", "scenes", "--methods", "bands", "--unknown", at("strangers")];
  const more = ["--backgrounds", at("speech", "one.wav"), "--keep-scenes"];
  const result = await evaluated("esc50", "recognised", ...words, ...more);
  const { groups, own, atShare, unknown, pairs } = result.recognition!;
  assert.equal(groups[0].right, { right: CLIPS, of: CLIPS });
  assert.equal(
    unknown.map(({ source, label, taken }) => [source, label, taken.right, taken.of]),
    [["strangers", "whistle", 4, 4]],
  );
  assert.is(own.taken.right, 4, "a high tone is high, whoever whistles");
  assert.is(atShare!.taken.right, 0);
  assert.is(pairs!.atSomeTime.of, CLIPS);
  const [scenes] = result.tables;
  assert.is(scenes.setting, "scenes");
  assert.is(scenes.clips, CLIPS);
  const bands = ownRow(scenes, "bands");
  for (const name of ["relevanceMass", "relevanceInTime", "timeAuc", "timeIou", "pointing"] as const) {
    assert.ok(bands[name]! >= 0 && bands[name]! <= 1, `${name} ${bands[name]}`);
  }
  const oracle = ownRow(scenes, "ideal-ratio-mask");
  assert.ok(oracle.relevanceMass! > bands.relevanceMass!, JSON.stringify([oracle, bands]));
  assert.match(await readFile(at("recognised", "report.html"), "utf8"), "Two sounds at once");
  assert.match(await readFile(at("recognised", "table.md"), "utf8"), "| both |");
  const [head, ...lines] = (await readFile(at("recognised", "scenes", "labels.csv"), "utf8"))
    .trimEnd()
    .split("\n");
  assert.match(head, /^scene,onset,offset,label,stem,/);
  const firsts = lines.filter((line) => line.includes("-stem0.wav"));
  assert.is(firsts.length, CLIPS);
  const [, onset, offset] = firsts[0].split(",");
  const stem = readWav(await readFile(at("recognised", "scenes", "scene-0000-stem0.wav"))).channels[0];
  const heard = Array.from(stem.keys()).filter((n) => stem[n] !== 0);
  assert.ok(
    heard[0] / MODEL_RATE >= Number(onset) - 1e-3 && heard.at(-1)! / MODEL_RATE <= Number(offset) + 1e-3,
  );
});

let whole: Promise<Record> | undefined;
/** One run that several tests look at. */
function wholeRun(): Promise<Record> {
  whole ??= evaluated("esc50", "whole");
  return whole;
}

run("the report asks for nothing from outside, and its numbers are the table's", async () => {
  await wholeRun();
  const html = await readFile(at("whole", "report.html"), "utf8");
  assert.not.match(html, /https?:\/\//);
  assert.not.match(html, /\b(src|href)="(?!data:)/);
  assert.match(html, "default-src 'none'");
  const { tables } = JSON.parse(await readFile(at("whole", "table.json"), "utf8")) as Record;
  const markdown = await readFile(at("whole", "table.md"), "utf8");
  for (const { rows } of tables) {
    const columns = columnsOf(rows);
    assert.ok(columns.length > 8 && columns.length <= METRICS.length);
    for (const { mean } of rows) {
      for (const metric of columns) {
        const value = mean[metric.name];
        if (typeof value !== "number") continue;
        assert.ok(html.includes(`data-value="${value}">${cellText(metric, mean)}</td>`), metric.name);
        assert.ok(markdown.includes(cellText(metric, mean)), metric.name);
      }
    }
  }
  const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]);
  assert.is(data.cards.length, 4, "two clips a setting");
  assert.ok(data.cards[0].portrait.methods[0].sound.bytes.length > 1000);
});

run("a run that was cut off goes on to the same table, and a finished one computes nothing", async () => {
  await wholeRun();
  const lines = (await readFile(at("whole", "results.jsonl"), "utf8")).trimEnd().split("\n");
  await mkdir(at("cut"));
  const kept = Math.floor(lines.length / 2);
  await writeFile(
    at("cut", "results.jsonl"),
    `${lines.slice(0, kept).join("\n")}\n${lines[kept].slice(0, 30)}`,
  );
  await evaluated("esc50", "cut");
  const read = (out: string, file: string) => readFile(at(out, file), "utf8");
  assert.is(await read("cut", "table.md"), await read("whole", "table.md"));

  const before = await read("whole", "results.jsonl");
  await evaluated("esc50", "whole");
  assert.is(await read("whole", "results.jsonl"), before);
});

run("another seed or another pack does not take the results of before", async () => {
  const counted = async () => (await readFile(at("reused", "results.jsonl"), "utf8")).split("\n").length;
  const words = ["--contamination", "white-noise"];
  const first = await evaluated("plain", "reused", ...words);
  const lines = await counted();
  const second = await evaluated("plain", "reused", ...words, "--seed", "2");
  const withSeed = await counted();
  assert.ok(withSeed > lines);
  assert.is.not(ownRow(first.tables[0], "bands").ff, ownRow(second.tables[0], "bands").ff);

  await cp(TINY_PACK, at("other-pack"), { recursive: true });
  await cp(at("other-pack", "all-ones.onnx"), at("other-pack", "bands.onnx"));
  const third = await evaluated("plain", "reused", ...words, "--pack", at("other-pack"));
  assert.ok((await counted()) > withSeed);
  assert.is(ownRow(third.tables[0], "bands").mm, 1);
});

run("a folder without labels is measured; broken and silent files are left out with the reason", async () => {
  const result = await evaluated("plain", "unlabelled", "--contamination", "mixtures");
  assert.is(result.clips, CLIPS);
  assert.is(result.classifier, undefined);
  assert.is(result.tables[0].accuracy, undefined);
  assert.is(ownRow(result.tables[0], "bands").fidIn, 1);
  assert.is(result.skipped.length, 2);
  assert.match(result.skipped.join("\n"), /broken\.wav.*\n.*silent\.wav: silent/);
});

run("Ctrl+C ends with a word on how to go on, and the same command does", async () => {
  await mkdir(at("many"));
  const clips = 30;
  for (let clip = 0; clip < clips; clip++) {
    await writeFile(at("many", `${clip}.wav`), tone(300 + 10 * clip, 1));
  }
  const words = evaluateWords("many", "interrupted", "--report-clips", "0");
  let asked = false;
  const stopped = await runCliWatched(
    async (pid) => {
      const results = await readFile(at("interrupted", "results.jsonl"), "utf8").catch(() => "");
      if (asked || results.split("\n").length < clips + 5) return;
      asked = true;
      process.kill(pid, "SIGINT");
    },
    ...words,
  );
  // A very fast machine may be done before it is asked.
  if (stopped.status !== 0) {
    assert.is(stopped.status, 130, stopped.stderr);
    assert.match(stopped.stderr, "the same command goes on");
  }
  const again = await runCli(...words);
  assert.is(again.status, 0, again.stderr);
});

run(
  "sounds that the pack has heard in training are counted and told, and figures are made all the same",
  async () => {
    const hashOf = async (file: string) => soundHash(await readSound(at(file), MODEL_RATE));
    const clips = await Promise.all(
      Array.from({ length: CLIPS }, (_, k) => hashOf(`plain/deep/tone-${k}.wav`)),
    );
    const words = ["--contamination", "clean", "--methods", "bands", "--fold", "1", "--json"];
    const judged = async (name: string, heard: string[] | undefined, ...more: string[]) => {
      await cp(TINY_PACK, at(name), { recursive: true });
      await writeHeard(at(name), [{ name: "classifier", heard }]);
      const out = `figures-of-${name}`;
      const result = await runCli(...evaluateWords("esc50", out, ...words, "--pack", at(name), ...more));
      assert.is(result.status, 0, result.stderr);
      const written = JSON.parse(await readFile(at(out, "table.json"), "utf8"));
      const record = JSON.parse(result.stdout);
      assert.equal(written.heard, record.heard);
      assert.ok(record.tables[0].rows.length > 0);
      const [sentence] = record.notes;
      assert.match(result.stderr, sentence);
      for (const file of ["table.md", "report.html"]) {
        const text = await readFile(at(out, file), "utf8");
        assert.match(text.replaceAll("&#39;", "'"), sentence, file);
      }
      return { heard: record.heard, sentence };
    };

    const all = await judged("all-heard", clips);
    assert.is(
      all.sentence,
      "4 of 4 sounds of fold 1 of ESC-50 were heard in training: these figures say nothing about new sounds.",
    );
    assert.equal(all.heard.sources, [{ name: "fold 1 of ESC-50", heard: CLIPS, of: CLIPS }]);

    const none = await judged("none-heard", ["0123456789abcdef"]);
    assert.is(none.sentence, "None of the 4 sounds was heard in training, as far as pack tiny says.");
    // The same figures' folder, the pack knows more by now: nothing is measured anew, and it is said.
    await cp(at("figures-of-none-heard"), at("figures-of-some-heard"), { recursive: true });
    const before = await readFile(at("figures-of-none-heard", "results.jsonl"), "utf8");
    const some = await judged(
      "some-heard",
      [clips[2], await hashOf("speech/one.wav")],
      "--speech",
      at("speech"),
    );
    assert.match(
      some.sentence,
      "1 of 4 sounds of fold 1 of ESC-50 and 1 of 1 of speech were heard in training: figures of them say nothing",
    );
    assert.ok((await readFile(at("figures-of-some-heard", "results.jsonl"), "utf8")).startsWith(before));

    const untold = await judged("untold", undefined);
    assert.is(untold.heard.told, false);
    assert.match(untold.sentence, "Pack tiny doesn't say which sounds it has heard in training");

    await writeFile(at("untold", "heard.json"), "{");
    const broken = await runCli(...evaluateWords("esc50", "broken", "--pack", at("untold")));
    assert.is(broken.status, 1);
    assert.match(broken.stderr, /untold.heard\.json is not JSON/);
  },
);

run("what cannot be right is refused with the way out", async () => {
  const refused = async (status: number, ...words: string[]) => {
    const result = await runCli(...words);
    assert.is(result.status, status, result.stderr);
    return result.stderr;
  };
  assert.match(await refused(1, ...evaluateWords("esc50", "x", "--fold", "9")), "it has the folds 1");
  assert.match(
    await refused(2, ...evaluateWords("plain", "x", "--methods", "magic")),
    "it has: bands, all-ones",
  );
  assert.match(await refused(2, ...evaluateWords("plain", "x", "--contamination", "speech")), "--speech");
});

test.run();
