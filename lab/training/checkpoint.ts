/**
 * A checkpoint is one file: the length of a JSON header, the header, then the named float arrays one after another.
 * It is written beside its target and renamed, so a crash leaves the older one whole.
 */
import { readFile, rename, writeFile } from "node:fs/promises";

interface Checkpoint<Meta> {
  readonly meta: Meta;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

interface Header<Meta> {
  readonly meta: Meta;
  readonly lengths: readonly (readonly [name: string, length: number])[];
}

export async function saveCheckpoint<Meta>(path: string, { meta, arrays }: Checkpoint<Meta>): Promise<void> {
  const names = Object.keys(arrays);
  const header: Header<Meta> = { meta, lengths: names.map((name) => [name, arrays[name].length]) };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const parts = names.map((name) => {
    const array = arrays[name];
    return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  });
  await writeFile(`${path}.new`, Buffer.concat([size, text, ...parts]));
  await rename(`${path}.new`, path);
}

/** @throws when the file is not a checkpoint or is cut short; the message names the file. */
export async function loadCheckpoint<Meta>(path: string): Promise<Checkpoint<Meta>> {
  const bytes = await readFile(path);
  const broken = (why: string) => new Error(`${path} is not a usable checkpoint: ${why}`);
  if (bytes.length < 4) throw broken("it is empty");
  const headerEnd = 4 + bytes.readUInt32LE(0);
  if (headerEnd > bytes.length) throw broken("its header is cut short");
  let header: Header<Meta>;
  try {
    header = JSON.parse(bytes.subarray(4, headerEnd).toString());
  } catch {
    throw broken("its header is not JSON");
  }
  const arrays: Record<string, Float32Array> = {};
  let offset = headerEnd;
  for (const [name, length] of header.lengths) {
    const end = offset + 4 * length;
    if (end > bytes.length) throw broken(`array "${name}" is cut short`);
    // A copy: the offset into the file need not be a multiple of four.
    arrays[name] = new Float32Array(Uint8Array.from(bytes.subarray(offset, end)).buffer);
    offset = end;
  }
  return { meta: header.meta, arrays };
}
