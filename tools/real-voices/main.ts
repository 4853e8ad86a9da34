/**
 * Lays real voices out of packages of Debian: into OUT/train what may be trained on, with whose it is, for `--speech`; into OUT/test
 * voices that nothing is trained on, for measuring. `npm run real-voices -- OUT [ROOT]`, where ROOT is the folder that the packages
 * were unpacked into (`apt-get download NAME`, `dpkg -x NAME*.deb ROOT`); the system's own without.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../../dsp/index.ts";
import { Random } from "../../lab/data/random.ts";
import { CREDITS_FILE } from "../../lab/data/sound-sets.ts";
import { readMono } from "../../models/sound/read-audio.ts";
import { VOICES, type VoiceSource } from "./voices.ts";

const RATE = 16_000;
const seconds = (length: number) => Math.floor(length * RATE);

const [out, root = "/"] = process.argv.slice(2);
if (!out) {
  console.error("Usage: npm run real-voices -- OUT [ROOT]");
  process.exit(2);
}
for (const use of ["train", "test"] as const) {
  const folder = join(out, use);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const credits: string[] = [];
  for (const source of VOICES.filter((each) => each.use === use)) {
    const files = await filesOf(join(root, source.folder), source.files);
    if (files.length === 0) {
      console.error(
        `${source.name}: nothing in ${join(root, source.folder)}; its package is ${source.package}`,
      );
      continue;
    }
    const sounds = source.joined ? await joined(files) : await single(files, source);
    for (const [index, samples] of sounds.entries()) {
      const name = `${source.name}-${String(index).padStart(3, "0")}.wav`;
      await writeFile(join(folder, name), writeWav([samples], RATE));
    }
    const length = sounds.reduce((sum, samples) => sum + samples.length, 0) / RATE;
    console.log(`${use}: ${source.name}: ${sounds.length} sounds, ${length.toFixed(0)} s, ${source.licence}`);
    credits.push(`${source.credit} (${source.licence}; Debian's package ${source.package}).`);
  }
  await writeFile(join(folder, use === "train" ? CREDITS_FILE : "SOURCES.txt"), `${credits.join("\n")}\n`);
}

async function filesOf(folder: string, wanted: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const all = await readdir(folder, { recursive: true });
  return all
    .filter((file) => wanted.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** At most `source.most` sounds of 1.5 s and more, spread over the sorted names, so that different people and words are among them. */
async function single(files: readonly string[], { most = 6 }: VoiceSource): Promise<Float32Array[]> {
  const sounds: Float32Array[] = [];
  const step = Math.max(1, Math.floor(files.length / (8 * most)));
  for (let at = 0; at < files.length && sounds.length < most * 8; at += step) {
    const { samples } = await readMono(files[at], RATE, { maxSeconds: 10 });
    if (samples.length >= seconds(1.5)) sounds.push(samples);
  }
  const every = Math.max(1, Math.floor(sounds.length / most));
  return sounds.filter((_, index) => index % every === 0).slice(0, most);
}

/** Words and syllables of one person, one after the other with short gaps, in sounds of some 5 s. */
async function joined(files: readonly string[]): Promise<Float32Array[]> {
  const random = new Random(1);
  const sounds: Float32Array[] = [];
  let parts: Float32Array[] = [];
  let length = 0;
  for (const file of random.shuffle([...files])) {
    const { samples } = await readMono(file, RATE, { maxSeconds: 10 });
    const gap = new Float32Array(seconds(random.uniform(0.01, 0.12)));
    parts.push(samples, gap);
    length += samples.length + gap.length;
    if (length < seconds(5)) continue;
    const sound = new Float32Array(length);
    let at = 0;
    for (const part of parts) {
      sound.set(part, at);
      at += part.length;
    }
    sounds.push(sound);
    parts = [];
    length = 0;
  }
  return sounds;
}
