/**
 * Speaks made-up sentences with free speech synthesisers, to train the class "speech" on sound that belongs to nobody.
 * Needs the programs espeak-ng and flite (Debian packages of the same names).
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readWav, resample, toMono, writeWav } from "../../dsp/index.ts";
import { Random } from "../data/random.ts";
import { CREDITS_FILE } from "../data/sound-sets.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { recorded } from "./recording.ts";

const run = promisify(execFile);

const WHO = [
  "the old fisherman",
  "my cousin",
  "a patient teacher",
  "the evening news",
  "nobody on this street",
  "our last lesson",
  "the third passenger",
  "your reservation",
  "that narrow bridge",
  "the washing machine",
  "a crowd of children",
  "the slow ferry",
  "her new colleague",
  "the dentist",
  "his reply",
  "the field behind the school",
  "each guest",
  "the owner of the shop",
  "a cloudy afternoon",
  "this problem",
];
const DOES = [
  "was carried over to",
  "kept staring at",
  "could hardly reach",
  "came back from",
  "is asking for",
  "seldom closes",
  "sang a song about",
  "ought to be given to",
  "remembers",
  "ran quickly around",
  "found several faults with",
  "arrives tomorrow at",
  "sold cheap apples to",
  "has no trust in",
  "was built for",
  "thought once more about",
];
const WHAT = [
  "the red gate",
  "counter number twelve",
  "a broken umbrella",
  "the eastern part of the city",
  "two hundred workers",
  "an easier method",
  "the swimming club",
  "room six five one",
  "a rather dusty painting",
  "the office of travel",
  "a late supper",
  "the coast road",
  "their favourite game",
  "the summer festival",
  "a pair of blue shoes",
  "the answering service",
];
const HOW = [
  "after the end of the month",
  "since the sun was shining",
  "and then fell asleep",
  "without any hurry",
  "at a quarter to nine",
  "as often as you like",
  "which surprised all of them",
  "when the bell began to ring",
  "for the second time",
  "but nobody noticed it",
  "if you choose the first option",
  "on Tuesday morning",
  "in spite of the cold",
  "or so we were told",
];
const SHORT = [
  "Please wait while we look for a free line.",
  "That number is not in use.",
  "To listen once more, press two.",
  "Thanks a lot, and see you soon.",
  "Could you open the door for me?",
  "Four, one, eight, six, zero, five.",
  "No, I really don't think so.",
  "This is the front desk.",
  "Who left this message?",
  "How long does the train take?",
  "There are seven new letters for you.",
  "Type your code, and then the hash sign.",
  "Six sleepy sheep stood still.",
  "The judge joined a large jury in July.",
  "Which witch watched the weather?",
  "Good evening, ladies and gentlemen.",
];

const ESPEAK_LANGUAGES = [
  "en-us",
  "en-us",
  "en-us",
  "en-us",
  "en-gb",
  "en-gb",
  "en-gb-scotland",
  "en-gb-x-rp",
  "en-029",
  "de",
  "fr",
  "es",
  "it",
  "sv",
  "nl",
  "pl",
  "cs",
];
const ESPEAK_VARIANTS = [
  "f1",
  "f2",
  "f3",
  "f4",
  "f5",
  "m1",
  "m2",
  "m3",
  "m4",
  "m5",
  "m6",
  "m7",
  "Annie",
  "Andrea",
  "belinda",
  "linda",
  "victor",
  "travis",
  "klatt",
  "klatt2",
  "klatt4",
];
const FLITE_VOICES = ["slt", "slt", "slt", "rms", "rms", "awb", "awb", "kal16"];

export function sentence(random: Random): string {
  if (random.chance(0.25)) return random.pick(SHORT);
  const start = random.pick(WHO);
  const tail = random.chance(0.75) ? `${random.pick([", ", " "])}${random.pick(HOW)}` : "";
  return `${start[0].toUpperCase()}${start.slice(1)} ${random.pick(DOES)} ${random.pick(WHAT)}${tail}${random.pick([".", ".", "?"])}`;
}

const CREDIT = "The class `speech` learnt from sentences made with the synthesisers espeak-ng and flite.";

/**
 * Writes `count` spoken sentences, 16 kHz mono, as `0000.wav`, … into `folder`, and how they came about as `CREDITS.txt`.
 * The same seed gives the same files.
 */
export async function speakSentences(
  folder: string,
  count: number,
  seed: number,
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, CREDITS_FILE), `${CREDIT}\n`);
  const scratch = await mkdtemp(join(tmpdir(), "listenable-speech-"));
  try {
    for (let index = 0; index < count; index++) {
      const random = new Random(seed * 65_537 + index);
      const raw = join(scratch, "raw.wav");
      const [program, args] = random.chance(0.4) ? espeak(random, raw) : flite(random, raw);
      await run(program, args).catch((cause) => {
        if (cause.code !== "ENOENT")
          throw new Error(`${program} ${args.join(" ")} failed: ${cause.message}`, { cause });
        throw new Error(`${program} is not installed; on Debian: apt-get install ${program}`, { cause });
      });
      const { channels, sampleRate } = readWav(await readFile(raw));
      // Reading at another rate moves pitch and voice tract together: another speaker.
      const other = Math.round(sampleRate * random.uniform(0.88, 1.14));
      const samples = recorded(random, resample(toMono(channels), other, MODEL_RATE));
      const peak = samples.reduce((top, sample) => Math.max(top, Math.abs(sample)), 1e-6);
      const name = `${String(index).padStart(4, "0")}.wav`;
      await writeFile(
        join(folder, name),
        writeWav([samples.map((sample) => (0.7 * sample) / peak)], MODEL_RATE),
      );
      onProgress(index + 1);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function espeak(random: Random, file: string): [string, string[]] {
  const language = random.pick(ESPEAK_LANGUAGES);
  const voice = random.chance(0.85) ? `${language}+${random.pick(ESPEAK_VARIANTS)}` : language;
  const speed = String(125 + random.integer(85));
  const pitch = String(20 + random.integer(60));
  return ["espeak-ng", ["-v", voice, "-s", speed, "-p", pitch, "-w", file, sentence(random)]];
}

function flite(random: Random, file: string): [string, string[]] {
  const voice = random.pick(FLITE_VOICES);
  const pitch = Math.round(voice === "slt" ? random.uniform(150, 260) : random.uniform(85, 150));
  const stretch = random.uniform(0.8, 1.3).toFixed(2);
  const settings = ["--setf", `duration_stretch=${stretch}`, "--setf", `int_f0_target_mean=${pitch}`];
  return ["flite", ["-voice", voice, ...settings, "-t", sentence(random), "-o", file]];
}
