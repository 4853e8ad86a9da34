/** The scene of a clip: the clip is one of its events, what else is in it is drawn. */
import type { Random } from "../../data/random.ts";
import { drawEventCount, makeScene, type Scene } from "../../data/scenes.ts";
import type { SoundFile, SoundPools } from "./measure-sound.ts";

/** Clips of one class more are not tried for a scene that wants another class. */
const MOST_DRAWS = 50;

/**
 * One scene, whose first event is of the clip and whose others are of other classes; its background is one of the pool's, noise of
 * a random colour where that is empty. The same generator draws the same scene.
 */
export async function drawScene(
  file: SoundFile,
  pools: SoundPools,
  sampleRate: number,
  read: (path: string) => Promise<Float32Array>,
  random: Random,
): Promise<Scene> {
  const files = [file];
  const count = drawEventCount(random);
  for (let draws = 0; files.length < count && draws < MOST_DRAWS; draws++) {
    const drawn = random.pick(pools.clips);
    if (!files.some(({ label }) => label === drawn.label)) files.push(drawn);
  }
  const { backgrounds = [] } = pools;
  const background = backgrounds.length > 0 ? await read(random.pick(backgrounds).path) : undefined;
  const sounds = await Promise.all(
    files.map(async ({ name, label, path }) => ({ label: label ?? name, samples: await read(path) })),
  );
  return makeScene(sounds, background, sampleRate, random);
}
