/** Scenes as files: what was measured, for whoever wants to hear it or to measure with something else. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../../dsp/index.ts";
import { csvLine } from "../../protocol/csv.ts";
import { drawScene, type SceneOptions } from "./measure/draw-scene.ts";

const COLUMNS = [
  "scene",
  "onset",
  "offset",
  "label",
  "stem",
  "snr_db",
  "event",
  "event_start",
  "event_end",
  "background",
];

/**
 * Writes each scene, its stems and its background as WAV files of 32-bit numbers, so that they add up, and `labels.csv`, a line an
 * event with its times in seconds; the first event of a scene is the one that its figures are of.
 */
export async function writeScenes(
  folder: string,
  options: SceneOptions & {
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { pools, sampleRate, onProgress, signal } = options;
  await mkdir(folder, { recursive: true });
  const write = (name: string, samples: Float32Array) =>
    writeFile(join(folder, name), writeWav([samples], sampleRate, "float32"));
  const seconds = (samples: number) => (samples / sampleRate).toFixed(4);
  const lines = [csvLine(COLUMNS, "\n")];
  for (const [index, file] of pools.clips.entries()) {
    signal?.throwIfAborted();
    const scene = `scene-${String(index).padStart(4, "0")}`;
    const { samples, background, events, files, behind } = await drawScene(file, options);
    await write(`${scene}.wav`, samples);
    await write(`${scene}-background.wav`, background);
    for (const [k, { label, span, source, snrDb, stem }] of events.entries()) {
      const name = `${scene}-stem${k}.wav`;
      await write(name, stem);
      const times = [source.from, source.to].map(seconds);
      const cells = [scene, seconds(span.from), seconds(span.to), label, name, snrDb, files[k].name];
      lines.push(csvLine([...cells, ...times, behind?.name ?? "noise"], "\n"));
    }
    onProgress?.(index + 1, pools.clips.length);
  }
  await writeFile(join(folder, "labels.csv"), lines.join(""));
}
