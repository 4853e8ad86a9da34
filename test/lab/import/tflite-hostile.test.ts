/** Whatever is wrong in a `.tflite` file gets an error with a name, soon and without much memory. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Builder } from "flatbuffers";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { OPERATORS } from "../../../lab/import/tflite/schema.ts";
import { random } from "../../models/graph/run.ts";
import { FOLDER } from "./fixtures.ts";

const test = suite("damaged and hostile .tflite files");

const load = async (name: string) => new Uint8Array(await readFile(join(FOLDER, "tflite", name)));
/** What JavaScript says of itself when nobody thought of a case. */
const UNNAMED =
  /undefined|null|NaN|not a function|not iterable|Cannot |Invalid |allocation|call stack|BigInt/;

/** Reads it or refuses it by name; anything else fails the test. */
function outcome(bytes: Uint8Array, what: string): "read" | "refused" {
  try {
    readClassifier(bytes, { source: "my.tflite" });
    return "read";
  } catch (error) {
    const { name, message } = error as Error;
    assert.is(name, "ClassifierFileError", `${what}: ${(error as Error).stack}`);
    assert.match(message, /^my\.tflite: /, what);
    assert.not.match(message, UNNAMED, `${what}: ${(error as Error).stack}`);
    return "refused";
  }
}

const FILES = ["int8.tflite", "wave.tflite", "float.tflite"];

test("cut off anywhere it is refused, or nothing that is needed is gone", async () => {
  for (const name of FILES) {
    const whole = await load(name);
    const outcomes = Array.from({ length: 80 }, (_, i) => {
      const length = Math.floor((i / 80) * whole.length);
      return outcome(whole.slice(0, length), `${name} cut at ${length}`);
    });
    assert.ok(outcomes.filter((each) => each === "refused").length > 75, name);
  }
});

test("with bytes changed it is read or refused", async () => {
  const chance = random(11);
  const below = (end: number) => Math.floor(((chance() + 1) / 2) * end);
  const count = { read: 0, refused: 0 };
  for (const name of FILES) {
    const whole = await load(name);
    for (let round = 0; round < 200; round++) {
      const bytes = whole.slice();
      const changes = 1 + below(12);
      for (let i = 0; i < changes; i++) {
        const at = below(bytes.length);
        // Large and small numbers hit sizes and offsets harder than noise does.
        bytes[at] = [0, 1, 127, 128, 255, below(256)][below(6)];
      }
      count[outcome(bytes, `${name} round ${round}`)]++;
    }
  }
  assert.ok(count.read > 50 && count.refused > 50, JSON.stringify(count));
});

interface Described {
  readonly tensors: readonly { shape: number[]; type?: number; buffer?: number; name?: string }[];
  readonly operators: readonly { op: string; inputs: number[]; outputs: number[] }[];
  readonly buffers?: readonly Uint8Array[];
  readonly input?: number;
  readonly output?: number;
}

/** A file of these tables; the buffers begin at 1. */
function made({ tensors, operators, buffers = [], input = 0, output = tensors.length - 1 }: Described) {
  const b = new Builder(1024);
  const ints = (list: readonly number[]) => {
    b.startVector(4, list.length, 4);
    for (const each of list.toReversed()) b.addInt32(each);
    return b.endVector();
  };
  const tables = (list: readonly number[]) => {
    b.startVector(4, list.length, 4);
    for (const each of list.toReversed()) b.addOffset(each);
    return b.endVector();
  };
  const table = (fields: number, fill: () => void) => {
    b.startObject(fields);
    fill();
    return b.endObject();
  };
  const data = [new Uint8Array(), ...buffers].map((bytes) => {
    const vector = bytes.length > 0 ? b.createByteVector(bytes) : 0;
    return table(1, () => vector && b.addFieldOffset(0, vector, 0));
  });
  const names = [...new Set(operators.map(({ op }) => op))];
  const codes = names.map((op) => table(4, () => b.addFieldInt32(3, OPERATORS.indexOf(op), 0)));
  const described = tensors.map(({ shape, type = 0, buffer = 0, name = "" }, index) => {
    const [sizes, text] = [ints(shape), b.createString(name || `t${index}`)];
    return table(8, () => {
      b.addFieldOffset(0, sizes, 0);
      b.addFieldInt8(1, type, 0);
      b.addFieldInt32(2, buffer, 0);
      b.addFieldOffset(3, text, 0);
    });
  });
  const list = operators.map(({ op, inputs, outputs }) => {
    const [from, to] = [ints(inputs), ints(outputs)];
    return table(5, () => {
      b.addFieldInt32(0, names.indexOf(op), 0);
      b.addFieldOffset(1, from, 0);
      b.addFieldOffset(2, to, 0);
    });
  });
  const [all, read, wrote, steps] = [tables(described), ints([input]), ints([output]), tables(list)];
  const graph = table(4, () => {
    for (const [field, vector] of [all, read, wrote, steps].entries()) b.addFieldOffset(field, vector, 0);
  });
  const [codeList, graphs, bufferList] = [tables(codes), tables([graph]), tables(data)];
  const model = table(5, () => {
    b.addFieldInt32(0, 3, 0);
    b.addFieldOffset(1, codeList, 0);
    b.addFieldOffset(2, graphs, 0);
    b.addFieldOffset(4, bufferList, 0);
  });
  b.finish(model, "TFL3");
  return b.asUint8Array().slice();
}

const INT32 = 2;
const refused = (bytes: Uint8Array, message: RegExp) =>
  assert.throws(() => readClassifier(bytes, { source: "my.tflite" }), message);

test("what only looks like a classifier is refused in words that help", () => {
  const one = { shape: [1, 4] };
  const good = made({ tensors: [one, one], operators: [{ op: "TANH", inputs: [0], outputs: [1] }] });
  assert.is(outcome(good, "good"), "read");
  refused(
    made({ tensors: [one, one], operators: [{ op: "TANH", inputs: [1], outputs: [1] }] }),
    /depends on no input/,
  );
  refused(
    made({
      tensors: [one, one, one],
      operators: [
        { op: "ADD", inputs: [0, 2], outputs: [1] },
        { op: "TANH", inputs: [1], outputs: [2] },
      ],
    }),
    /ADD \(tensor "t1"\).*reads "t2", which nothing before it computes/,
  );
  refused(
    made({ tensors: [one, { shape: [1, 5] }], operators: [{ op: "TANH", inputs: [0], outputs: [1] }] }),
    /gives \[1, 4\], and the file says \[1, 5\]/,
  );
  refused(
    made({
      tensors: [one, one],
      operators: [{ op: "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs: [0], outputs: [1] }],
    }),
    /UNIDIRECTIONAL_SEQUENCE_LSTM \(tensor "t1"\).*memory.*\.onnx/,
  );
  refused(
    made({ tensors: [one, one], operators: [{ op: "TANH", inputs: [7], outputs: [1] }] }),
    /tensor 7 of 2; the file is damaged/,
  );
  refused(
    made({ tensors: [{ shape: [1, 2 ** 30] }, one], operators: [{ op: "TANH", inputs: [0], outputs: [1] }] }),
    /"t0" has the shape \[1, 1073741824\]/,
  );
  refused(
    made({
      tensors: [one, { shape: [3], buffer: 1 }, one],
      operators: [{ op: "ADD", inputs: [0, 1], outputs: [2] }],
      buffers: [new Uint8Array(8)],
    }),
    /"t1" \[3\] have 8 bytes in place of 12/,
  );
});

test("names from a file are text and no more", () => {
  const name = '<img src=x onerror="alert(1)">\u001b[2J\n';
  const bytes = made({
    tensors: [{ shape: [1, 4] }, { shape: [1, 4], name }],
    operators: [{ op: "SVDF", inputs: [0], outputs: [1] }],
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  refused(bytes, /^[^\u0000-\u001f]+$/);
  const read = readClassifier(
    made({
      tensors: [{ shape: [1, 4] }, { shape: [1, 4], name }],
      operators: [{ op: "TANH", inputs: [0], outputs: [1] }],
    }),
    { source: "my.tflite" },
  );
  assert.not.match(read.graph.nodes.map((node) => node.name).join(), /[<>"]/);
});

test("a small file takes little, whatever it says", () => {
  const many = 30_000;
  const chain = Array.from({ length: many }, (_, i) => ({ op: "TANH", inputs: [i], outputs: [i + 1] }));
  refused(
    made({ tensors: Array.from({ length: many + 1 }, () => ({ shape: [1, 4] })), operators: chain }),
    /30000 operators/,
  );
  // 400 tensors of 4 MB, all the same bytes.
  const shared = Array.from({ length: 400 }, () => ({ shape: [1, 1_000_000], type: 9, buffer: 1 }));
  const sums = shared.map((_, i) => ({ op: "ADD", inputs: [i, 401 + i], outputs: [i + 1] }));
  const wide = { shape: [1, 1_000_000] };
  refused(
    made({
      tensors: [...Array.from({ length: 401 }, () => wide), ...shared],
      operators: sums,
      buffers: [new Uint8Array(1_000_000)],
      output: 400,
    }),
    /larger than the file itself/,
  );
  // Copies of copies.
  const times = new Uint8Array(new Int32Array([1, 64]).buffer);
  const sizes = Array.from({ length: 8 }, (_, i) => ({ shape: [1, Math.min(2 ** 28, 64 ** i)] }));
  refused(
    made({
      tensors: [...sizes, { shape: [2], type: INT32, buffer: 1 }],
      operators: sizes.slice(1).map((_, i) => ({ op: "TILE", inputs: [i, 8], outputs: [i + 1] })),
      buffers: [times],
      output: 7,
    }),
    /TILE.*elements|TILE.*and the file says/,
  );
});

test.run();
