/** Transforms inside the file, as products of matrices: what they are made of has a gradient. */
import { type Call, type Handler, type Handlers, need } from "./call.ts";

/** Longer ones would be tables of many megabytes for a file of some bytes. */
const LONGEST = 4096;

/** A transform of real numbers along the last axis; the file's have two, the first of one. */
const transform: Handler = (call) => {
  const { g, values, inputs } = call;
  const given = need(call, 0);
  const [rows, length] = values.numbers(inputs[1], "lengths of the transform");
  if (rows !== 1 || given.shape.at(-2) !== 1)
    throw new Error("a transform over two axes is not supported, only one over the last");
  if (length < 2 || length > LONGEST)
    throw new Error(`a transform of ${length} samples; ${LONGEST} are the most`);
  const own = given.shape.at(-1) ?? 0;
  const x = own < length ? padded(call, length - own) : given;
  const bins = Math.floor(length / 2) + 1;
  const { form, tensor } = values.contiguous(x);
  const table = (wave: (angle: number) => number) =>
    Float32Array.from({ length: length * bins }, (_, at) => {
      const [n, k] = [Math.floor(at / bins), at % bins];
      return wave((2 * Math.PI * ((n * k) % length)) / length);
    });
  const product = (wave: (angle: number) => number) => {
    const taken = own > length ? g.slice(tensor, tensor.shape.length - 1, 0, length) : tensor;
    return values.value(
      form,
      g.matmul(taken, g.constant(table(wave), "float32", [length, bins])),
      x.shape[0],
    );
  };
  return { ...product(Math.cos), imaginary: product((angle) => -Math.sin(angle)) };
};

function padded(call: Call, missing: number) {
  const { g, values } = call;
  const x = need(call, 0);
  const { form, tensor } = values.contiguous(x);
  const none = tensor.shape.map(() => 0);
  return values.value(form, g.pad(tensor, none, [...none.slice(1), missing]), x.shape[0]);
}

const magnitude: Handler = (call) => {
  const { g, values } = call;
  const x = need(call, 0);
  if (!x.imaginary) throw new Error("its input is not complex");
  const { form, tensors, first } = values.aligned([{ ...x, imaginary: undefined }, x.imaginary]);
  const [real, imaginary] = tensors;
  const power = g.add(g.mul(real, real), g.mul(imaginary, imaginary));
  // Silence has no direction: without this its gradient would be nothing by nothing.
  return values.value(form, g.sqrt(g.add(power, g.constant(1e-20))), first);
};

const part =
  (which: "real" | "imaginary"): Handler =>
  (call) => {
    const x = need(call, 0);
    if (!x.imaginary) throw new Error("its input is not complex");
    return which === "real" ? { ...x, imaginary: undefined } : x.imaginary;
  };

export const fourier: Handlers = {
  RFFT2D: transform,
  COMPLEX_ABS: magnitude,
  REAL: part("real"),
  IMAG: part("imaginary"),
};
