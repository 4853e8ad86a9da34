/** Makes the built-in scenes of the packages' recordings: see README.md. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROLL_SECONDS } from "../../client/kit/sounds/loop.ts";
import { LICENCES, scenes } from "../../client/kit/sounds/scenes.ts";
import { sampleRate } from "../../client/kit/sounds/synthetic/index.ts";
import { writeWav } from "../../dsp/index.ts";
import { bandOf, mixScene } from "./mix.ts";
import { RECORDINGS } from "./read-scene.ts";
import { RECIPES } from "./recipes.ts";
import { readSource } from "./sources.ts";

const run = promisify(execFile);

const [packages] = process.argv.slice(2);
if (packages === undefined) throw new Error("say in which folder the packages lie unpacked");
await mkdir(RECORDINGS, { recursive: true });
for (const { name, seconds, band } of scenes) {
  const recipe = RECIPES[name];
  const { scene, target } = await mixScene({ ...recipe, seconds }, (source) =>
    readSource(packages, source, sampleRate),
  );
  await writeMp3(withRolls(scene), `${RECORDINGS}/${name}.mp3`);
  console.log(`${name}: its target lies in ${bandOf(target).join("-")} Hz, scenes.ts says ${band.join("-")}`);
}
await writeFile(`${RECORDINGS}/CREDITS.md`, credits());

/** The loop with its end before it and its start after it. */
function withRolls(loop: Float32Array): Float32Array {
  const roll = Math.round(ROLL_SECONDS * sampleRate);
  return Float32Array.from(
    { length: loop.length + 2 * roll },
    (_, n) => loop[(n - roll + loop.length) % loop.length],
  );
}

/** 30 kbit/s: in 24 the recordings warble, more was not closer to them by much. */
async function writeMp3(samples: Float32Array, file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "demo-scenes-"));
  try {
    const wav = join(folder, "scene.wav");
    await writeFile(wav, writeWav([samples], sampleRate));
    const encoder = [
      "-c:a",
      "libmp3lame",
      "-abr",
      "1",
      "-b:a",
      "30k",
      "-compression_level",
      "0",
      "-cutoff",
      "7900",
    ];
    const plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"];
    await run("ffmpeg", ["-v", "error", "-y", "-i", wav, ...encoder, ...plain, file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function credits(): string {
  const rows = scenes.flatMap(({ name, recordings }) =>
    recordings.map(
      ({ title, author, licence, source }) =>
        `| \`${name}.mp3\` | [${title}](${source}) | ${author} | [${licence}](${LICENCES[licence]}) |`,
    ),
  );
  return `# By whom the built-in scenes were recorded

Each file is mixed of the recordings in its rows: cut, freed of what lies below 60 Hz, brought to one level, repeated, mixed, made mono at
16 kHz and MP3. Made by \`tools/demo-scenes\` of \`../scenes.ts\`; what the rows say is from the packages that it names.
Those under CC BY stay under it, in the scenes too; whoever passes a scene on names their authors.

| file | recording | author | licence |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
