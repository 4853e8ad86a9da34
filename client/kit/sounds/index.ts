/** The built-in sounds, so that the page can be tried without a microphone: recorded scenes, fetched when somebody listens. */
import { ProblemError } from "../../live/problems.ts";
import { loopOf } from "./loop.ts";
import { type Scene, scenes } from "./scenes.ts";

export const sampleRate = 16_000;

export interface BuiltInSound extends Scene {
  /**
   * Samples in [-1, 1] at `sampleRate`, the same array at every call, which nobody may change; loops without a seam. The first
   * call fetches and decodes it; one that failed is tried anew. Rejects with a ProblemError.
   */
  readonly load: () => Promise<Float32Array>;
}

export const builtInSounds: readonly BuiltInSound[] = scenes.map((scene) => ({
  ...scene,
  load: once(() => fetchScene(scene)),
}));

/** Those that a pack with these labels can name, and `chosen`; all where it can name none or is not there yet. */
export function soundsFor(labels: readonly string[] = [], chosen?: string): readonly BuiltInSound[] {
  if (!builtInSounds.some(({ label }) => labels.includes(label))) return builtInSounds;
  return builtInSounds.filter(({ label, name }) => labels.includes(label) || name === chosen);
}

async function fetchScene({ name, seconds }: Scene): Promise<Float32Array> {
  const url = new URL(`sounds/${name}.mp3`, document.baseURI);
  let response: Response;
  try {
    response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
  } catch (cause) {
    throw new ProblemError("server-gone", `${url.href}: ${String(cause)}`, { cause });
  }
  try {
    const context = new OfflineAudioContext(1, 1, sampleRate);
    const decoded = await context.decodeAudioData(await response.arrayBuffer());
    return loopOf(decoded.getChannelData(0), sampleRate, seconds);
  } catch (cause) {
    throw new ProblemError("file-unreadable", `${url.href}: ${String(cause)}`, { cause });
  }
}

function once(load: () => Promise<Float32Array>): () => Promise<Float32Array> {
  let loading: Promise<Float32Array> | undefined;
  return () => {
    if (loading === undefined) {
      loading = load();
      // Whoever waits for it is told all the same.
      loading.catch(() => {
        loading = undefined;
      });
    }
    return loading;
  };
}
