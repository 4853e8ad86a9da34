/**
 * Writes a mono WAV file of 32-bit floats piece by piece. Floats, because an explanation may exceed full scale
 * where the recording was loud, and clipping it would break the sum of explanation and rest.
 */
import { type FileHandle, open } from "node:fs/promises";
import { writeWav } from "../../dsp/wav.ts";

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 4;
const MOST_SAMPLES = Math.floor(0xffff_ff00 / BYTES_PER_SAMPLE);

export class WavFileWriter {
  #samples = 0;

  private constructor(
    readonly path: string,
    private readonly sampleRate: number,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string, sampleRate: number): Promise<WavFileWriter> {
    const writer = new WavFileWriter(path, sampleRate, await open(path, "w"));
    await writer.file.write(header(sampleRate, 0));
    return writer;
  }

  async write(samples: Float32Array): Promise<void> {
    if (this.#samples + samples.length > MOST_SAMPLES) {
      throw new RangeError(`${this.path} would exceed the 4 GB of a WAV file; explain a shorter recording`);
    }
    const bytes = new DataView(new ArrayBuffer(samples.length * BYTES_PER_SAMPLE));
    for (let n = 0; n < samples.length; n++) bytes.setFloat32(n * BYTES_PER_SAMPLE, samples[n], true);
    await this.file.write(new Uint8Array(bytes.buffer), 0, bytes.byteLength, this.#end());
    this.#samples += samples.length;
  }

  /** Fills in the sizes and closes the file. */
  async close(): Promise<void> {
    await this.file.write(header(this.sampleRate, this.#samples), 0, HEADER_BYTES, 0);
    await this.file.close();
  }

  /** Closes the file as it is, after a failure. */
  async abandon(): Promise<void> {
    await this.file.close();
  }

  #end(): number {
    return HEADER_BYTES + this.#samples * BYTES_PER_SAMPLE;
  }
}

/** The header of an empty file with the sizes of a full one. */
function header(sampleRate: number, samples: number): Uint8Array {
  const bytes = writeWav([new Float32Array(0)], sampleRate, "float32");
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 36 + samples * BYTES_PER_SAMPLE, true);
  view.setUint32(40, samples * BYTES_PER_SAMPLE, true);
  return bytes;
}
