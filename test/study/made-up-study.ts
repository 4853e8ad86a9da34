/** A study of tiny made-up sounds, in memory or in a folder. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../../dsp/wav.ts";
import { DEFAULT_QUESTIONS, DEFAULT_TEXTS } from "../../study/default-texts.ts";
import { allSounds, parseStudy, type Study, soundPath } from "../../study/study-file.ts";

export interface MadeUpSizes {
  readonly methods?: number;
  readonly clips?: number;
  readonly trials?: number;
  readonly attention?: number;
  readonly headphones?: boolean;
  readonly scale?: Study["scale"] | undefined;
}

/** Names of sounds as `prepare` gives them, from 0 on. */
function names(): () => string {
  let next = 0;
  return () => (next++).toString(16).padStart(24, "0");
}

export function madeUpStudy(sizes: MadeUpSizes = {}): Study {
  const { methods = 3, clips = 4, trials = clips, attention = 1, headphones = true, scale = "0-100" } = sizes;
  const sound = names();
  const ids = Array.from({ length: methods }, (_, k) => `method-${k + 1}`);
  const clip = (id: string) => ({
    id,
    label: "dog",
    original: sound(),
    sounds: Object.fromEntries(ids.map((method) => [method, sound()])),
  });
  return parseStudy(
    {
      format: 1,
      name: "made-up",
      title: "Made-up study",
      seed: 1,
      texts: DEFAULT_TEXTS,
      scale,
      questions: DEFAULT_QUESTIONS,
      methods: ids.map((id) => ({ id, title: id, kind: "foreign" })),
      clips: Array.from({ length: clips }, (_, k) => clip(`clip-${k + 1}`)),
      practice: clip("practice"),
      attention: Array.from({ length: attention }, (_, k) => ({
        id: `attention-${k + 1}`,
        label: "dog",
        original: sound(),
        right: sound(),
        wrong: Array.from({ length: Math.max(1, methods - 1) }, sound),
      })),
      trials,
      headphones: headphones ? { questions: 6, needed: 5, attempts: 2, required: false } : undefined,
    },
    "made up",
  );
}

/** Writes the study and a fifth of a second of sound under every name. */
export async function writeMadeUpStudy(folder: string, study: Study): Promise<void> {
  await mkdir(join(folder, "sounds"), { recursive: true });
  await writeFile(join(folder, "study.json"), JSON.stringify(study));
  for (const [k, name] of allSounds(study).entries()) {
    const samples = Float32Array.from({ length: 3_200 }, (_, n) => 0.1 * Math.sin(n * (0.05 + 0.01 * k)));
    await writeFile(soundPath(folder, name), writeWav([samples], 16_000));
  }
}
