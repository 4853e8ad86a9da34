/**
 * Plays made-up music (`compose.ts`) with a free synthesiser and free recordings of instruments, to train the class "music" on sound that
 * belongs to nobody. Needs the program fluidsynth and a soundfont: on Debian the packages fluidsynth, fluid-soundfont-gm and
 * musescore-general-soundfont, both of whose soundfonts are under the MIT licence.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readWav, resample, toMono, writeWav } from "../../dsp/index.ts";
import { Random } from "../data/random.ts";
import { CREDITS_FILE } from "../data/sound-sets.ts";
import { UsageError } from "../errors.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { compose, MUSIC_STYLES } from "./compose.ts";
import { midiFile } from "./midi-file.ts";
import { recorded } from "./recording.ts";

const run = promisify(execFile);

const SOUNDFONTS = ["/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf3/MuseScore_General.sf3"];
const RENDER_RATE = 44_100;
const LONGEST = 10;

const CREDIT =
  "The class `music` learnt from made-up pieces, played by fluidsynth with the soundfonts Fluid (R3) General MIDI by Frank Wen and " +
  "MuseScore General by S. Christian Collins, both under the MIT licence.";

/**
 * Writes `count` pieces of 5 to 10 s, 16 kHz mono, as `0000-STYLE.wav`, … into `folder`, and how they came about as `CREDITS.txt`. The
 * same seed gives the same pieces.
 *
 * @throws UsageError when the program or every soundfont is missing.
 */
export async function playMusic(
  folder: string,
  count: number,
  seed: number,
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const soundfonts = SOUNDFONTS.filter((path) => existsSync(path));
  if (soundfonts.length === 0) {
    throw new UsageError(
      `no soundfont at ${SOUNDFONTS.join(" or ")}; on Debian: apt-get install fluid-soundfont-gm musescore-general-soundfont`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, CREDITS_FILE), `${CREDIT}\n`);
  const scratch = await mkdtemp(join(tmpdir(), "listenable-music-"));
  try {
    for (let index = 0; index < count; index++) {
      const random = new Random(seed * 65_537 + index);
      const style = MUSIC_STYLES[index % MUSIC_STYLES.length];
      const { voices, notes } = compose(random, style, LONGEST + 4);
      const midi = join(scratch, "piece.mid");
      const raw = join(scratch, "piece.wav");
      await writeFile(midi, midiFile(voices, notes));
      // Loading only what sounds: the soundfonts are 140 and 40 MB.
      const words = [
        "-ni",
        "-q",
        "-o",
        "synth.dynamic-sample-loading=1",
        "-r",
        String(RENDER_RATE),
        "-g",
        "0.4",
        "-F",
        raw,
        random.pick(soundfonts),
        midi,
      ];
      await run("fluidsynth", words).catch((cause) => {
        if (cause.code !== "ENOENT") throw new Error(`fluidsynth failed: ${cause.message}`, { cause });
        throw new UsageError("fluidsynth is not installed; on Debian: apt-get install fluidsynth", { cause });
      });
      const { channels, sampleRate } = readWav(await readFile(raw));
      const all = resample(toMono(channels), sampleRate, MODEL_RATE);
      const start = Math.floor(random.uniform(0, 3) * MODEL_RATE);
      const piece = all.subarray(start, start + Math.floor(random.uniform(5, LONGEST) * MODEL_RATE));
      const samples = random.chance(0.5) ? recorded(random, piece) : piece;
      const peak = samples.reduce((top, sample) => Math.max(top, Math.abs(sample)), 1e-6);
      const name = `${String(index).padStart(4, "0")}-${style.replaceAll(" ", "-")}.wav`;
      const level = random.uniform(0.2, 0.8) / peak;
      await writeFile(join(folder, name), writeWav([samples.map((sample) => level * sample)], MODEL_RATE));
      onProgress(index + 1);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
