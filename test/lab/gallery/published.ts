/** A server that publishes a classifier's file, on this machine, and the entry of a gallery for it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { zipSync } from "fflate";
import type { GalleryEntry } from "../../../lab/gallery/entries.ts";
import { FOLDER } from "../import/fixtures.ts";

export const LABELS = ["low", "middle", "high", "noise"];

/** A `.tflite` file that hears samples, its labels appended as TensorFlow appends them: places count from the file's beginning. */
export async function publishedFile(labels: readonly string[] = LABELS): Promise<Buffer> {
  const model = await readFile(join(FOLDER, "tflite", "wave.tflite"));
  const zip = Buffer.from(zipSync({ "labels.txt": Buffer.from(labels.join("\n")) }, { level: 0 }));
  const end = zip.length - 22;
  const directory = zip.readUInt32LE(end + 16);
  zip.writeUInt32LE(model.length + zip.readUInt32LE(directory + 42), directory + 42);
  zip.writeUInt32LE(model.length + directory, end + 16);
  return Buffer.concat([model, zip]);
}

export function entryOf(file: Uint8Array, address: string): GalleryEntry {
  const sha256 = createHash("sha256").update(file).digest("hex");
  return {
    ...{ name: "wave", title: "Wave", publisher: "Nobody", home: "http://127.0.0.1/", licence: "CC0-1.0" },
    file: { address, bytes: file.length, sha256 },
    ...{ needs: "its file", front: "input=waveform,sampleRate=16000", answers: "independent" },
    ...{ classes: 4, seconds: 0.1, methods: ["saliency"] },
  };
}

export interface Publisher {
  readonly address: string;
  close(): Promise<void>;
}

/** @param answer of every request. */
export async function publish(answer: RequestListener): Promise<Publisher> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/models/wave.tflite`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
