/** Transforms inside the file, as products of matrices: what they are made of has a gradient. */
import type { GraphBuilder, Tensor } from "../../../../models/graph/index.ts";
import { type Call, type Handler, type Handlers, need } from "./call.ts";

/** Longer ones would be tables of many megabytes for a file of some bytes. */
const LONGEST = 4096;

interface Complex {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}

/** A transform of real numbers along the last axis; the file's have two, the first of one. */
const transform: Handler = (call) => {
  const { g, values, inputs } = call;
  const x = need(call, 0);
  const [rows, length] = values.numbers(inputs[1], "lengths of the transform");
  const [own = 0, outer = 0] = [...x.shape].reverse();
  if (rows !== 1 || outer !== 1)
    throw new Error("a transform over two axes is not supported, only one over the last");
  if (length < 2 || length > LONGEST)
    throw new Error(`a transform of ${length} samples; ${LONGEST} are the most`);
  const { form, tensor } = values.contiguous(x);
  const frames = fitted(g, g.reshape(tensor, [-1, own]), own, length);
  const { real, imaginary } = spectrum(g, frames, length);
  const shape = [...tensor.shape.slice(1, -1), Math.floor(length / 2) + 1] as number[];
  const [first] = x.shape;
  const back = (part: Tensor) => values.value(form, g.reshape(part, [-1, ...shape]), first);
  return { ...back(real), imaginary: back(imaginary) };
};

function fitted(g: GraphBuilder, frames: Tensor, own: number, length: number): Tensor {
  return own < length ? g.pad(frames, [0, 0], [0, length - own]) : g.slice(frames, 1, 0, length);
}

/**
 * Frames [n, length] to the lower half of their transform, in two steps where the length has factors (Cooley and Tukey): a
 * fifth of the multiplications at 512, and sums of 16 and 64 terms in place of 512 lose less to rounding.
 */
function spectrum(g: GraphBuilder, frames: Tensor, length: number): Complex {
  const bins = Math.floor(length / 2) + 1;
  const outer = factorOf(length);
  const inner = length / outer;
  const kept = Math.floor((bins - 1) / outer) + 1;
  // Of sample inner·a + b and bin c + outer·d: over a for each b, turned by what b and c are about, then over b.
  const columns = g.matmul(
    g.constant(waves(outer), "float32", [2 * outer, outer]),
    g.reshape(frames, [-1, outer, inner]),
  );
  const turned = turnedBy(g, columns, outer, inner);
  const whole = g.matmul(turned, g.constant(complexWaves(inner, kept), "float32", [2 * inner, 2 * kept]));
  const inOrder = g.transpose(whole, [0, 2, 1]);
  const part = (from: number) =>
    g.slice(g.reshape(g.slice(inOrder, 1, from, from + kept), [-1, kept * outer]), 1, 0, bins);
  return { real: part(0), imaginary: part(kept) };
}

/** The largest factor that is no larger than the square root. */
function factorOf(length: number): number {
  let factor = 1;
  for (let each = 2; each * each <= length; each++) if (length % each === 0) factor = each;
  return factor;
}

/** [2·period, period]: cosines of place times time, then negative sines. */
function waves(period: number): Float32Array {
  const places = period;
  const table = new Float32Array(2 * places * period);
  for (let place = 0; place < places; place++) {
    for (let time = 0; time < period; time++) {
      const angle = (2 * Math.PI * ((place * time) % period)) / period;
      table[place * period + time] = Math.cos(angle);
      table[(places + place) * period + time] = -Math.sin(angle);
    }
  }
  return table;
}

/** [2·period, 2·places]: from real parts and imaginary ones beside them to both of the transform. */
function complexWaves(period: number, places: number): Float32Array {
  const table = new Float32Array(4 * period * places);
  for (let time = 0; time < period; time++) {
    for (let place = 0; place < places; place++) {
      const angle = (2 * Math.PI * ((place * time) % period)) / period;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const at = time * 2 * places + place;
      const below = (period + time) * 2 * places + place;
      table[at] = cosine;
      table[at + places] = -sine;
      table[below] = sine;
      table[below + places] = cosine;
    }
  }
  return table;
}

/** Rows of real parts and, below them, imaginary ones, each turned by its row times its column; both side by side. */
function turnedBy(g: GraphBuilder, columns: Tensor, outer: number, inner: number): Tensor {
  const [real, imaginary] = [g.slice(columns, 1, 0, outer), g.slice(columns, 1, outer, 2 * outer)];
  const table = (wave: (angle: number) => number) =>
    g.constant(
      Float32Array.from({ length: outer * inner }, (_, at) =>
        wave((2 * Math.PI * Math.floor(at / inner) * (at % inner)) / (outer * inner)),
      ),
      "float32",
      [outer, inner],
    );
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  return g.concat(
    [g.add(g.mul(real, cosine), g.mul(imaginary, sine)), g.sub(g.mul(imaginary, cosine), g.mul(real, sine))],
    2,
  );
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
  (call: Call) => {
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
