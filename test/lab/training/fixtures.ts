import { readFileSync } from "node:fs";

const folder = new URL("../../fixtures/training/", import.meta.url);

/** The JSON of a fixture that test/reference wrote; `unpacked` turns its tensors into numbers. */
export function trainingFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

export interface PackedTensor {
  readonly shape: readonly number[];
  readonly data: string;
}

export function unpacked({ data }: PackedTensor): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer);
}
