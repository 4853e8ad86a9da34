import { readFileSync } from "node:fs";

const folder = new URL("../../fixtures/graph/", import.meta.url);

export interface Packed {
  shape: number[];
  data: Float32Array;
}

export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

/** Tensors that test/reference/graph_torch.py wrote. */
export function fixtureTensors(name: string): Record<string, Packed> {
  const packed = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Record<
    string,
    { shape: number[]; data: string }
  >;
  return Object.fromEntries(
    Object.entries(packed).map(([key, { shape, data }]) => [
      key,
      { shape, data: new Float32Array(new Uint8Array(Buffer.from(data, "base64")).buffer) },
    ]),
  );
}

/** Largest difference, relative to the largest element. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0) / scale;
}
