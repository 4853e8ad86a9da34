/** Graphs that hold the same weights, as methods that explain one classifier do, hold them once. */
import { type ModelMessage, readModel, type TensorMessage, writeModel } from "./schema.ts";

interface ShareOptions {
  /** Graphs that stay as they are, to the byte; others may take their weights from them. */
  readonly whole?: ReadonlySet<string>;
  /** Name of the file for weights that several of the other graphs have. */
  readonly file?: string;
}

interface SharedWeights {
  /** The graphs by file name, and the file of weights where one is needed. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** By graph: the files that hold weights of it, for those that don't hold all of theirs. */
  readonly weights: ReadonlyMap<string, readonly string[]>;
}

/** Fewer bytes than this cost no more in the graph than the note where they lie. */
const WORTH_SHARING = 1024;
/** Less than this is better held twice than fetched as one more file. */
const WORTH_A_FILE = 65_536;
/** Weights begin at a cache line, so that a file that is mapped into memory can be read with any instruction. */
const ALIGNMENT = 64;

/** Weights with the same bytes, wherever they are. */
interface Weights {
  readonly bytes: Uint8Array;
  readonly graphs: Set<string>;
  /** Offset by the file that has them. */
  readonly places: Map<string, number>;
}

/**
 * Writes graphs anew so that weights which several of them have lie in one file beside them, as ONNX's external data: once,
 * found by content. What only one graph has stays in it, and every graph computes what it did.
 *
 * @param graphs bytes of `.onnx` files by file name.
 * @throws Error when one is no ONNX model.
 */
export function shareWeights(
  graphs: ReadonlyMap<string, Uint8Array>,
  { whole = new Set(), file = "weights.bin" }: ShareOptions = {},
): SharedWeights {
  const models = new Map([...graphs].map(([name, bytes]) => [name, readModel(bytes)]));
  const known = new KnownWeights();
  for (const [name, model] of models) {
    for (const { rawData } of worthSharing(model)) {
      const weights = known.of(rawData);
      weights.graphs.add(name);
      const offset = rawData.byteOffset - graphs.get(name)!.byteOffset;
      if (whole.has(name) && !weights.places.has(name)) weights.places.set(name, offset);
    }
  }
  const files = new Map(graphs);
  const shared = known.layOut(file);
  if (shared.length > 0) files.set(file, shared);
  const weights = new Map<string, readonly string[]>();
  for (const [name, model] of models) {
    if (whole.has(name)) continue;
    const used = referToOthers(model, known);
    if (used.length === 0) continue;
    weights.set(name, used);
    files.set(name, writeModel(model));
  }
  return { files, weights };
}

class KnownWeights {
  readonly #byLength = new Map<number, Weights[]>();

  of(bytes: Uint8Array): Weights {
    const alike = this.#byLength.get(bytes.length) ?? [];
    this.#byLength.set(bytes.length, alike);
    let found = alike.find((each) => sameBytes(each.bytes, bytes));
    if (!found) {
      found = { bytes, graphs: new Set(), places: new Map() };
      alike.push(found);
    }
    return found;
  }

  /** The bytes of a file with what several graphs have and no file yet. */
  layOut(file: string): Uint8Array<ArrayBuffer> {
    const homeless = [...this.#byLength.values()]
      .flat()
      .filter(({ graphs, places }) => graphs.size > 1 && places.size === 0);
    const offsets: number[] = [];
    let size = 0;
    for (const { bytes } of homeless) {
      offsets.push(size);
      size = Math.ceil((size + bytes.length) / ALIGNMENT) * ALIGNMENT;
    }
    if (size < WORTH_A_FILE) return new Uint8Array(0);
    const all = new Uint8Array(size);
    for (const [n, { bytes, places }] of homeless.entries()) {
      places.set(file, offsets[n]);
      all.set(bytes, offsets[n]);
    }
    return all;
  }
}

/** Takes shared weights out of the graph; names the files that they lie in, as few as will do. */
function referToOthers(model: ModelMessage, known: KnownWeights): string[] {
  const covered = new Map<string, number>();
  const found = worthSharing(model).map((tensor) => ({ tensor, places: known.of(tensor.rawData).places }));
  for (const { tensor, places } of found) {
    for (const file of places.keys()) covered.set(file, (covered.get(file) ?? 0) + tensor.rawData.length);
  }
  const best = [...covered].sort(([, a], [, b]) => b - a).map(([file]) => file);
  const used = new Set<string>();
  for (const { tensor, places } of found) {
    const file = best.find((each) => places.has(each));
    if (file === undefined) continue;
    used.add(file);
    pointTo(tensor, file, places.get(file)!);
  }
  return [...used];
}

function pointTo(tensor: TensorMessage, file: string, offset: number): void {
  const entries = { location: file, offset, length: tensor.rawData!.length };
  tensor.externalData = Object.entries(entries).map(([key, value]) => ({ key, value: String(value) }));
  tensor.dataLocation = 1;
  delete tensor.rawData;
}

function worthSharing({ graph }: ModelMessage): (TensorMessage & { rawData: Uint8Array })[] {
  return (graph?.initializers ?? []).filter(
    (tensor): tensor is TensorMessage & { rawData: Uint8Array } =>
      (tensor.rawData?.length ?? 0) >= WORTH_SHARING,
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let n = 0; n < a.length; n++) if (a[n] !== b[n]) return false;
  return true;
}
