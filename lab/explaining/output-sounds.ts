/** The sound files under way, written under another name until they are whole. */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { WavFileWriter } from "./wav-file-writer.ts";

export class OutputSounds {
  private constructor(
    private readonly folder: string,
    private readonly writers: ReadonlyMap<string, WavFileWriter>,
  ) {}

  static async create(folder: string, names: readonly string[], sampleRate: number): Promise<OutputSounds> {
    const writers = new Map<string, WavFileWriter>();
    const sounds = new OutputSounds(folder, writers);
    try {
      for (const name of names) {
        writers.set(name, await WavFileWriter.create(join(folder, `${name}.wav.part`), sampleRate));
      }
    } catch (error) {
      await sounds.abandon();
      throw error;
    }
    return sounds;
  }

  async write(name: string, samples: Float32Array): Promise<void> {
    await this.writers.get(name)?.write(samples);
  }

  async finish(): Promise<void> {
    for (const [name, writer] of this.writers) {
      await writer.close();
      await rename(writer.path, join(this.folder, `${name}.wav`));
    }
  }

  async abandon(): Promise<void> {
    for (const writer of this.writers.values()) {
      await writer.abandon();
      await rm(writer.path, { force: true });
    }
  }
}
