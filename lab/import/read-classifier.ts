/**
 * Reads a user's `.onnx` or `.tflite` classifier as it comes: whatever can be taken is brought into one form (one input with a free
 * batch, logits [B, classes], float32), and whatever cannot is refused with the reason and the way out.
 */
import { decodeModel, GraphBuilder, type Tensor } from "../../models/graph/index.ts";
import { fetchExternal } from "../../models/graph/onnx/external-weights.ts";
import { type GraphMessage, readModel, type ValueInfoMessage } from "../../models/graph/onnx/schema.ts";
import { inOrder, namesRead } from "../../models/graph/onnx/sort-nodes.ts";
import { type AnswerWords, readAnswer } from "./answer.ts";
import type { Form, Head } from "./head.ts";
import { inline } from "./inline.ts";
import { type IntegerEnds, withFloatEnds, withoutQuantisation } from "./quantised.ts";
import { isTflite } from "./tflite/model.ts";
import { readTflite } from "./tflite/read-tflite.ts";

export interface ReadOptions extends AnswerWords {
  /** Of the file, for messages. */
  readonly source: string;
  /** Which output is the answer; guessed without. Any tensor of the graph may be named. */
  readonly output?: string | undefined;
  /** It hears the waveform: tells an input without a batch from one with. */
  readonly waveform?: boolean | undefined;
  /** Its batch of 1 cannot be freed, though nothing in the file shows it. */
  readonly oneByOne?: boolean | undefined;
  /** The bytes of a file beside the model, for weights that are kept there; throws when it is not there. */
  readonly external?: (file: string) => Uint8Array;
}

export type Batch = "free" | "one" | "none";

/** The classifier in one form. */
export interface ReadClassifier {
  readonly source: string;
  /** One input and what the logits need; sizes other than the batch as the file says. */
  readonly graph: GraphBuilder;
  readonly input: Tensor;
  /** Of its input: free; there, but of one; none at all. Where it is not free, windows are heard one by one. */
  readonly batch: Batch;
  /** [B, classes], before softmax, or before sigmoid where the classes are independent. */
  readonly logits: Tensor;
  readonly answers: Form;
  /** It answers one value, yes or no: the classes are yes and no, which exclude each other. */
  readonly binary: boolean;
  /** The answer as the file gives it, before anything was cut off or taken the logarithm of. */
  readonly answer: Tensor;
  /** The same as one value a class, [B, classes]: frames pooled. */
  readonly said: Tensor;
  readonly classes: number;
  /** The output that was taken, by its name in the file. */
  readonly output: string;
  /** What told logits from probabilities, and independent classes from exclusive ones. */
  readonly toldBy: Head["toldBy"];
  /** What integers of the file's own ends stand for. */
  readonly ends: IntegerEnds;
  /** What was changed or assumed, in sentences for people. */
  readonly notes: readonly string[];
}

class ClassifierFileError extends Error {
  override name = "ClassifierFileError";
}

/** The name of the free batch. */
const BATCH = "B";

/** @throws ClassifierFileError that names the file, what is wrong in it and what to do. */
export function readClassifier(bytes: Uint8Array, options: ReadOptions): ReadClassifier {
  try {
    return readAs(bytes, options);
  } catch (cause) {
    if (!(cause instanceof BatchError) || options.oneByOne) throw cause;
    try {
      return readAs(bytes, { ...options, oneByOne: true });
    } catch {
      throw cause;
    }
  }
}

/** With a free batch something in it does not fit together; with one of 1 it may. */
class BatchError extends ClassifierFileError {}

function readAs(bytes: Uint8Array, options: ReadOptions): ReadClassifier {
  const { source } = options;
  const notes: string[] = [];
  const refuse = (what: string, cause?: unknown) =>
    new ClassifierFileError(`${source}: ${what}`, cause === undefined ? undefined : { cause });
  const attempt = <T>(what: () => T): T => {
    try {
      return what();
    } catch (cause) {
      if (cause instanceof ClassifierFileError) throw cause;
      throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
    }
  };

  const file = isTflite(bytes)
    ? attempt(() => openTflite(bytes, options, notes, refuse))
    : openOnnx(bytes, options, notes, refuse, attempt);
  const { output, batch } = file;
  const fits = <T>(what: () => T): T => {
    try {
      return attempt(what);
    } catch (cause) {
      throw batch === "free" && cause instanceof Error ? new BatchError(cause.message, { cause }) : cause;
    }
  };
  const decoded = fits(file.decode);
  const answer = decoded.outputs.get(output) as Tensor;
  const form = new GraphBuilder();
  const input = form.input("input", decoded.inputs[0].dtype, decoded.inputs[0].shape);
  const copyOf = fits(() => inline(form, decoded, input));
  const { head, said, logits, binary } = fits(() =>
    readAnswer(form, copyOf(answer), options, batch === "free"),
  );
  notes.push(...(binary ? [] : sayings(head)));
  if (input.dtype !== "float32") {
    throw refuse(`its input "${decoded.inputs[0].name}" is ${input.dtype}; a float32 one is needed`);
  }
  form.output("logits", logits);
  return {
    source,
    graph: form,
    input,
    batch,
    logits,
    binary,
    answers: binary ? "exclusive" : head.form,
    answer: copyOf(answer),
    said,
    classes: Number(logits.shape[1]),
    output,
    toldBy: head.toldBy,
    ends: file.ends ?? {},
    notes,
  };
}

interface OpenFile {
  /** The answer's name. */
  readonly output: string;
  readonly batch: Batch;
  /** Where its input or answer are integers. */
  readonly ends?: IntegerEnds;
  decode(): GraphBuilder;
}

function openOnnx(
  bytes: Uint8Array,
  options: ReadOptions,
  notes: string[],
  refuse: Refuse,
  attempt: <T>(what: () => T) => T,
): OpenFile {
  const model = attempt(() => readModel(bytes));
  let graph = model.graph ?? {};
  attempt(() => fetchExternal(graph, options.external));
  graph = { ...graph, nodes: [...attempt(() => inOrder(graph.nodes ?? []))] };
  const output = chooseOutput(graph, options, notes, refuse);
  const ended = attempt(() => withFloatEnds(graph, output));
  if (ended.ends.input) notes.push("Its input takes integers: it is given the numbers that those stand for.");
  graph = attempt(() => withoutQuantisation(ended.graph, notes));
  graph = onlyWhatIsNeeded(graph, output, notes);
  const batch = settleBatch(graph, options, notes, refuse);
  const decode = () => decodeModel({ ...model, graph }, { float16: "convert" });
  if (usesFloat16(graph)) notes.push("Its half-precision weights are computed with in single precision.");
  return { output, batch, decode, ends: ended.ends };
}

function openTflite(bytes: Uint8Array, options: ReadOptions, notes: string[], refuse: Refuse): OpenFile {
  let output = "";
  const { graph, notes: further } = readTflite(bytes, (outputs, computed) => {
    const described = {
      outputs: outputs.map(({ name, shape }) => ({
        name,
        type: { tensor: { shape: { dims: shape.map((value) => ({ value })) } } },
      })),
      nodes: [{ outputs: [...computed] }],
    };
    output = chooseOutput(described, options, notes, refuse);
    return output;
  });
  notes.push(...further);
  return { output, batch: "free", decode: () => graph };
}

function rankOf(value: ValueInfoMessage): number | undefined {
  return value.type?.tensor?.shape ? (value.type.tensor.shape.dims?.length ?? 0) : undefined;
}

function showValue({ name, type }: ValueInfoMessage): string {
  const dims = type?.tensor?.shape?.dims ?? [];
  return `${name} [${dims.map(({ value, parameter }) => parameter ?? value ?? "?").join(", ")}]`;
}

type Refuse = (what: string, cause?: unknown) => ClassifierFileError;

function chooseOutput(
  { outputs = [], nodes = [] }: GraphMessage,
  { output, classes, pool }: ReadOptions,
  notes: string[],
  refuse: Refuse,
): string {
  const list = outputs.map(showValue).join(", ");
  if (output !== undefined) {
    if (!nodes.some((node) => node.outputs?.includes(output)))
      throw refuse(`nothing in it computes "${output}"; its outputs are: ${list}`);
    return output;
  }
  if (outputs.length === 1) return outputs[0].name ?? "";
  const size = (value: ValueInfoMessage) => value.type?.tensor?.shape?.dims?.at(-1)?.value;
  const flat = outputs.filter((value) => rankOf(value) === (pool ? 3 : 2));
  const fitting = classes === undefined ? [] : flat.filter((value) => size(value) === classes);
  const candidates = fitting.length > 0 ? fitting : flat;
  if (candidates.length !== 1) {
    throw refuse(
      `it has ${outputs.length} outputs (${list}) and ${candidates.length === 0 ? "none" : "more than one"} looks like ` +
        "one value a class; say which with --output NAME",
    );
  }
  notes.push(`Of its outputs (${list}) ${candidates[0].name} was taken; --output NAME takes another.`);
  return candidates[0].name ?? "";
}

/** Leaves out whatever the answer does not need, so that operators nobody needs need not be known. */
function onlyWhatIsNeeded(graph: GraphMessage, output: string, notes: string[]): GraphMessage {
  const needed = new Set([output]);
  const nodes = (graph.nodes ?? []).toReversed().filter((node) => {
    if (!node.outputs?.some((name) => needed.has(name))) return false;
    for (const name of namesRead(node)) needed.add(name);
    return true;
  });
  const left = (graph.nodes?.length ?? 0) - nodes.length;
  if (left > 0) notes.push(`${left} operators that "${output}" does not need were left out.`);
  return {
    ...graph,
    nodes: nodes.reverse(),
    initializers: graph.initializers?.filter(({ name = "" }) => needed.has(name)),
    inputs: graph.inputs?.filter(({ name = "" }) => needed.has(name)),
    outputs: [{ name: output }],
  };
}

/** Names the first size of the only input, whatever it was, where that is its batch and can be free. */
function settleBatch(
  graph: GraphMessage,
  { waveform, oneByOne }: ReadOptions,
  notes: string[],
  refuse: Refuse,
): Batch {
  const weights = new Set(graph.initializers?.map(({ name }) => name));
  const inputs = (graph.inputs ?? []).filter(({ name }) => !weights.has(name));
  const [input, ...others] = inputs;
  if (!input || others.length > 0) {
    throw refuse(
      !input
        ? "its answer depends on no input"
        : `its answer needs ${inputs.length} inputs (${inputs.map(showValue).join(", ")}); ` +
            "export it with the sound as its only input and the others fixed",
    );
  }
  const dims = input.type?.tensor?.shape?.dims;
  if (!dims || dims.length === 0)
    throw refuse(`its input ${showValue(input)} has no axes; export it with its shape`);
  const sizes = dims.map(({ value, parameter }) => (parameter ? undefined : value));
  if (isOneWindow(sizes, waveform)) {
    notes.push("It takes one input without a batch, so windows are heard one by one.");
    return "none";
  }
  const [size] = sizes;
  if (size !== undefined && size !== 1)
    throw refuse(`its batch is fixed to ${size}; export it with a dynamic batch, or one of 1`);
  if (oneByOne) {
    dims[0] = { value: 1 };
    notes.push("Its batch is fixed to 1 in a way that cannot be undone, so windows are heard one by one.");
    return "one";
  }
  if (size === 1) notes.push("Its batch is fixed to 1; reshapes were made to follow the batch.");
  dims[0] = { parameter: BATCH };
  return "free";
}

/** Whether the first axis is no batch: of samples alone, of time and bands alone, or with a channel behind both. */
function isOneWindow(sizes: readonly (number | undefined)[], waveform: boolean | undefined): boolean {
  if (sizes.length === 1) return true;
  if (waveform !== false) return false;
  const [first = 1] = sizes;
  return sizes.length === 2 || (sizes.length === 3 && first > 1 && [1, 3].includes(sizes[2] ?? 0));
}

function usesFloat16({ initializers = [], inputs = [] }: GraphMessage): boolean {
  return (
    initializers.some(({ dataType }) => dataType === 10) ||
    inputs.some(({ type }) => type?.tensor?.elementType === 10)
  );
}

/** What people should know of what was made of the answer. */
function sayings({ form, toldBy }: Head): string[] {
  if (toldBy === "sigmoid") {
    return [
      "It judges every class on its own (sigmoid), so each is a yes or no: none may be there, or several. " +
        "--answers exclusive makes them compete for one winner.",
    ];
  }
  if (toldBy === "unbounded" && form === "exclusive") {
    return [
      "Its answers are taken for logits of classes that exclude each other (softmax); --answers independent says that each " +
        "is a yes or no of its own (sigmoid).",
    ];
  }
  return [];
}
