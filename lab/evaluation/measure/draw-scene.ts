/** The scene of a clip: the clip is one of its events, what else is in it is drawn by the seed and the clip's name. */
import { seededBy } from "../../data/random.ts";
import { drawEventCount, makeScene, type Scene } from "../../data/scenes.ts";
import type { SoundFile, SoundPools } from "./measure-sound.ts";

/** A pool of few classes may not have as many as a scene wants. */
const MOST_DRAWS = 50;

export interface SceneOptions {
  readonly pools: SoundPools;
  readonly sampleRate: number;
  readonly seed: number;
  /** Mono samples at that rate. */
  readonly read: (path: string) => Promise<Float32Array>;
}

export interface DrawnScene extends Scene {
  /** What the events are of, in their order. */
  readonly files: readonly SoundFile[];
  /** Absent where noise sounds behind them. */
  readonly behind?: SoundFile | undefined;
}

/** One scene, whose first event is of the clip and whose others are of other classes. */
export async function drawScene(
  file: SoundFile,
  { pools, sampleRate, seed, read }: SceneOptions,
): Promise<DrawnScene> {
  const random = seededBy(seed, "scenes", file.name);
  const files = [file];
  const count = drawEventCount(random);
  for (let draws = 0; files.length < count && draws < MOST_DRAWS; draws++) {
    const drawn = random.pick(pools.clips);
    if (!files.some(({ label }) => label === drawn.label)) files.push(drawn);
  }
  const { backgrounds = [] } = pools;
  const behind = backgrounds.length > 0 ? random.pick(backgrounds) : undefined;
  const background = behind && (await read(behind.path));
  const sounds = await Promise.all(
    files.map(async ({ name, label, path }) => ({ label: label ?? name, samples: await read(path) })),
  );
  return { ...makeScene(sounds, background, sampleRate, random), files, behind };
}
