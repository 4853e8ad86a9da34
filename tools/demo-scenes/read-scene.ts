/** A built-in scene outside a browser, as the page plays it. */
import { loopOf } from "../../client/kit/sounds/loop.ts";
import { type Scene, scenes } from "../../client/kit/sounds/scenes.ts";
import { readMono } from "../../models/sound/read-audio.ts";

/** Where the committed files lie, from the checkout's root. */
export const RECORDINGS = "client/kit/sounds/recordings";

/** @throws Error for a name that no scene has; rejects with an AudioFileError where its file can't be read. */
export async function readScene(name: string, sampleRate: number): Promise<Float32Array> {
  const scene: Scene | undefined = scenes.find((each) => each.name === name);
  if (!scene) throw new Error(`there is no scene ${name}`);
  const { samples } = await readMono(`${RECORDINGS}/${name}.mp3`, sampleRate);
  return loopOf(samples, sampleRate, scene.seconds);
}
