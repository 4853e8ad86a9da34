/** What only moves elements: reshapes, cuts, joins, frames; quantised ones stay the whole steps that they are. */
import type { Tensor } from "../../../../models/graph/index.ts";
import type { Form, Value } from "../values.ts";
import { activated, axisOf, type Call, type Handler, type Handlers, need } from "./call.ts";

/** The shape that the file writes beside a result, where it is the same for every input. */
function written({ outputs }: Call): readonly number[] | undefined {
  const [{ shape, signature }] = outputs;
  return signature.includes(-1) ? undefined : shape;
}

const reshape: Handler = (call) => {
  const { values, inputs, outputs } = call;
  const x = need(call, 0);
  const asked = inputs[1] && values.isFixed(inputs[1]) ? values.numbers(inputs[1], "sizes") : undefined;
  const wanted = [...(asked ?? written(call) ?? outputs[0].signature)];
  const open = wanted.indexOf(-1);
  if (open !== wanted.lastIndexOf(-1))
    throw new Error("its sizes are only known when it runs; convert the model with fixed sizes");
  if (open >= 0) {
    const count = x.shape.reduce((a, b) => a * b, 1);
    wanted[open] = count / wanted.reduce((a, b, axis) => (axis === open ? a : a * b), 1);
  }
  return values.reshaped(x, wanted);
};

const squeeze: Handler = (call) => {
  const x = need(call, 0);
  const wanted = written(call);
  if (wanted) return call.values.reshaped(x, wanted);
  // Without fixed sizes the file does not say which axes of one go; the batch stays.
  return call.values.reshaped(
    x,
    x.shape.filter((size, axis) => axis === 0 || size !== 1),
  );
};

const expand: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const [given] = values.numbers(inputs[1], "axis");
  const axis = axisOf(given, x.shape.length + 1);
  return values.reshaped(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
};

const transpose: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const order = values.numbers(inputs[1], "order of the axes").map((axis) => axisOf(axis, x.shape.length));
  if (new Set(order).size !== x.shape.length)
    throw new Error(`[${order.join(", ")}] is no order of its axes`);
  return values.transposed(x, order);
};

/** Something along axes of the file's, in a form that has them one by one; `shift` is how far they lie behind. */
function inPlace(
  { values }: Call,
  x: Value,
  touchesFirst: boolean,
  change: (tensor: Tensor, shift: number) => Tensor,
): Value {
  const form: Form = values.isFixed(x) ? "fixed" : touchesFirst || x.shape.length === 0 ? "apart" : "merged";
  const changed = change(values.as(x, form), form === "apart" ? 1 : 0);
  return values.value(form, changed, x.shape[0], x.steps);
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** @param cuts with what NumPy's counting from the end means already undone. */
function cut(call: Call, x: Value, cuts: readonly Cut[]): Value {
  const real = cuts.filter(
    ({ axis, start, end, step }) => !(start === 0 && step === 1 && end === x.shape[axis]),
  );
  if (real.length === 0) return x;
  for (const { axis, start, end, step } of real) {
    if (step === 0 || Math.ceil((end - start) / step) < 1)
      throw new Error(`it takes nothing of the axis ${axis}`);
  }
  const { g } = call;
  const list = (of: (cut: Cut) => number) => g.int64(real.map(of));
  return inPlace(
    call,
    x,
    real.some(({ axis }) => axis === 0),
    (tensor, shift) =>
      g.op("Slice", [
        tensor,
        list(({ start }) => start),
        // Before the first element, going down, is what no number says but one from far outside.
        list(({ end }) => (end < 0 ? -(2 ** 31) : end)),
        list(({ axis }) => axis + shift),
        list(({ step }) => step),
      ]),
  );
}

const stridedSlice: Handler = (call) => {
  const { values, inputs, options } = call;
  const x = need(call, 0);
  const [begin, end, strides] = [1, 2, 3].map((at) => values.numbers(inputs[at], "ends of the slice"));
  if (options["ellipsisMask"] || options["offset"])
    throw new Error("a slice with an ellipsis or with offsets is not supported");
  const cuts: Cut[] = [];
  const shape: number[] = [];
  let axis = 0;
  for (const [at, step] of strides.entries()) {
    const has = (mask: string) => ((options[mask] ?? 0) >> at) & 1;
    if (has("newAxisMask")) {
      shape.push(1);
      continue;
    }
    const size = x.shape[axis];
    if (size === undefined) throw new Error(`it takes ${strides.length} axes of [${x.shape.join(", ")}]`);
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const bound = (given: number) => Math.min(high, Math.max(low, given < 0 ? given + size : given));
    const start = has("beginMask") ? (step > 0 ? 0 : size - 1) : bound(begin[at]);
    if (has("shrinkAxisMask")) cuts.push({ axis, start, end: start + 1, step: 1 });
    else {
      const stop = has("endMask") ? (step > 0 ? size : -1) : bound(end[at]);
      cuts.push({ axis, start, end: stop, step });
      shape.push(Math.ceil((stop - start) / step));
    }
    axis++;
  }
  const rest = x.shape.slice(axis);
  return values.reshaped(cut(call, x, cuts), [...shape, ...rest]);
};

const slice: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const begin = values.numbers(inputs[1], "beginnings");
  const sizes = values.numbers(inputs[2], "sizes");
  return cut(
    call,
    x,
    x.shape.map((size, axis) => {
      const start = begin[axis];
      return { axis, start, end: sizes[axis] === -1 ? size : start + sizes[axis], step: 1 };
    }),
  );
};

function parts(call: Call, x: Value, axis: number, sizes: readonly number[]): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const end = start + size;
    const part = cut(call, x, [{ axis, start, end, step: 1 }]);
    start = end;
    return part;
  });
}

const split: Handler = (call) => {
  const { values, inputs, outputs } = call;
  const x = need(call, 1);
  const axis = axisOf(values.numbers(inputs[0], "axis")[0], x.shape.length);
  const size = x.shape[axis] / outputs.length;
  if (!Number.isInteger(size)) throw new Error(`${x.shape[axis]} cannot be split into ${outputs.length}`);
  return parts(
    call,
    x,
    axis,
    outputs.map(() => size),
  );
};

const splitBySizes: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const axis = axisOf(values.numbers(inputs[2], "axis")[0], x.shape.length);
  const sizes = values.numbers(inputs[1], "sizes");
  const known = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return parts(
    call,
    x,
    axis,
    sizes.map((size) => (size < 0 ? x.shape[axis] - known : size)),
  );
};

const unpack: Handler = (call) => {
  const { values, options, outputs } = call;
  const x = need(call, 0);
  const axis = axisOf(options["axis"], x.shape.length);
  if (x.shape[axis] !== outputs.length) throw new Error(`${x.shape[axis]} cannot be ${outputs.length}`);
  const shape = x.shape.filter((_, each) => each !== axis);
  return parts(
    call,
    x,
    axis,
    outputs.map(() => 1),
  ).map((part) => values.reshaped(part, shape));
};

/** All as steps of the same size, or as what they stand for. */
function alike({ values }: Call, list: readonly Value[]): { list: readonly Value[]; steps: Value["steps"] } {
  const [{ steps }] = list;
  const same = steps && list.every((each) => each.steps?.scale === steps.scale);
  return { list: same ? list : list.map((each) => values.real(each)), steps: same ? steps : undefined };
}

function joined(call: Call, given: readonly Value[], axis: number): Value {
  const { g, values } = call;
  const { list, steps } = alike(call, given);
  if (list.every((each) => values.isFixed(each)))
    return values.fixed(
      g.concat(
        list.map((each) => values.as(each, "fixed")),
        axis,
      ),
    );
  const rank = list[0].shape.length;
  const planes = rank === 4 && list.some(({ tensors }) => tensors.has("planes"));
  const form: Form = axis === 0 ? "apart" : planes ? "planes" : "merged";
  const at = form === "apart" ? axis + 1 : form === "planes" ? [0, 2, 3, 1][axis] : axis;
  const tensors = list.map((each) => values.as(each, form));
  return values.value(form, g.concat(tensors, at), list[0].shape[0], steps);
}

const concatenation: Handler = (call) => {
  const list = call.inputs.map((_, index) => need(call, index));
  const result = joined(call, list, axisOf(call.options["axis"], list[0].shape.length));
  return call.options["activation"] ? activated(call, call.values.real(result)) : result;
};

const pack: Handler = (call) => {
  const { values, inputs, options } = call;
  const list = inputs.map((_, index) => need(call, index));
  const { shape } = list[0];
  const axis = axisOf(options["axis"], shape.length + 1);
  const wider = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
  return joined(
    call,
    list.map((each) => values.reshaped(each, wider)),
    axis,
  );
};

const gather: Handler = (call) => {
  const { g, values, options } = call;
  const [x, indices] = [need(call, 0), need(call, 1)];
  if (options["batchDimensions"]) throw new Error("a gather with batch dimensions is not supported");
  const axis = axisOf(options["axis"], x.shape.length);
  const wanted = values.numbers(indices, "places");
  if (wanted.some((at) => at < 0 || at >= x.shape[axis]))
    throw new Error(`it takes places outside ${x.shape[axis]}`);
  const places = values.as(indices, "fixed");
  return inPlace(call, x, axis === 0, (tensor, shift) =>
    g.op("Gather", [tensor, places], { axis: axis + shift }),
  );
};

function pairs(values: Call["values"], value: Value | undefined, rank: number, what: string): number[][] {
  const list = values.numbers(value, what);
  if (list.length !== 2 * rank) throw new Error(`${list.length} ${what} for ${rank} axes`);
  return Array.from({ length: rank }, (_, axis) => list.slice(2 * axis, 2 * axis + 2));
}

function padded(call: Call, x: Value, around: readonly number[][], mode: string, fill?: Tensor): Value {
  const { g, values } = call;
  if (around.flat().every((count) => count === 0)) return x;
  if (around.flat().some((count) => count < 0)) throw new Error("it pads by less than nothing");
  const first = around[0].some((count) => count > 0);
  if (x.tensors.has("planes") && !first) {
    const order = [0, 3, 1, 2].map((axis) => around[axis]);
    const pads = g.int64([...order.map(([before]) => before), ...order.map(([, after]) => after)]);
    const tensor = g.op("Pad", [values.as(x, "planes"), pads, fill], { mode });
    return values.value("planes", tensor, x.shape[0], x.steps);
  }
  return inPlace(call, x, first, (tensor, shift) => {
    const all = shift ? [[0, 0], ...around] : around;
    const pads = g.int64([...all.map(([before]) => before), ...all.map(([, after]) => after)]);
    return g.op("Pad", [tensor, pads, fill], { mode });
  });
}

const pad: Handler = (call) => {
  const { g, values, inputs } = call;
  const x = need(call, 0);
  const around = pairs(values, inputs[1], x.shape.length, "pads");
  const fill = inputs[2] && g.constantOf(values.as(inputs[2], "fixed"))?.data[0];
  // Steps of nothing are zeros too.
  if (!fill) return padded(call, x, around, "constant");
  return padded(call, values.real(x), around, "constant", g.constant(Number(fill)));
};

const mirror: Handler = (call) => {
  const { values, inputs, options } = call;
  const x = need(call, 0);
  if (options["mode"]) throw new Error("padding by reflection with the edge twice is not supported");
  return padded(call, x, pairs(values, inputs[1], x.shape.length, "pads"), "reflect");
};

const tile: Handler = (call) => {
  const { g, values, inputs } = call;
  const x = need(call, 0);
  const times = values.numbers(inputs[1], "numbers of copies");
  if (times.length !== x.shape.length)
    throw new Error(`${times.length} numbers of copies for ${x.shape.length} axes`);
  return inPlace(call, x, times[0] !== 1, (tensor, shift) =>
    g.op("Tile", [tensor, g.int64(shift ? [1, ...times] : times)]),
  );
};

const broadcastTo: Handler = (call) => {
  const { g, values, inputs } = call;
  const x = need(call, 0);
  const wanted = values.numbers(inputs[1], "sizes");
  if (values.isFixed(x)) return values.fixed(g.op("Expand", [values.as(x, "fixed"), g.int64(wanted)]));
  const missing = wanted.length - x.shape.length;
  const whole = values.reshaped(x, [...Array(Math.max(0, missing)).fill(1), ...x.shape]);
  return values.value(
    "apart",
    g.op("Expand", [values.as(whole, "apart"), g.int64([1, ...wanted])]),
    1,
    x.steps,
  );
};

const fill: Handler = (call) => {
  const { g, values, inputs } = call;
  const sizes = values.numbers(inputs[0], "sizes");
  return values.fixed(g.op("Expand", [values.as(need(call, 1), "fixed"), g.int64(sizes)]));
};

const reverse: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const axes = values.numbers(inputs[1], "axes").map((axis) => axisOf(axis, x.shape.length));
  return cut(
    call,
    x,
    axes.map((axis) => ({ axis, start: x.shape[axis] - 1, end: -1, step: -1 })),
  );
};

const shapeOf: Handler = (call) => {
  const { g, values } = call;
  return values.fixed(g.int64(need(call, 0).shape));
};

/** Blocks of rows and columns become channels, and back. */
const blocks =
  (deeper: boolean): Handler =>
  (call) => {
    const { values, options } = call;
    const x = need(call, 0);
    const { block = 1 } = options;
    const [n, height, width, channels] = x.shape;
    if (x.shape.length !== 4 || block < 1)
      throw new Error(`it takes [${x.shape.join(", ")}] in blocks of ${block}`);
    if (deeper) {
      const apart = values.reshaped(x, [n, height / block, block, width / block, block, channels]);
      const turned = values.transposed(apart, [0, 1, 3, 2, 4, 5]);
      return values.reshaped(turned, [n, height / block, width / block, block * block * channels]);
    }
    const inner = channels / block ** 2;
    const apart = values.reshaped(x, [n, height, width, block, block, inner]);
    return values.reshaped(values.transposed(apart, [0, 1, 3, 2, 4, 5]), [
      n,
      height * block,
      width * block,
      inner,
    ]);
  };

/** How dilated convolutions are written: every so many rows and columns become windows of their own. */
const spaceToBatch: Handler = (call) => {
  const { values, inputs } = call;
  const given = need(call, 0);
  const block = values.numbers(inputs[1], "blocks");
  const around = pairs(values, inputs[2], block.length, "pads");
  const depth = given.shape.length - 1 - block.length;
  if (depth < 0 || block.some((size) => size < 1)) throw new Error(`blocks of ${block.join(" by ")}`);
  const zeros = Array.from({ length: depth }, () => [0, 0]);
  const x = padded(call, given, [[0, 0], ...around, ...zeros], "constant");
  const [n, ...sizes] = x.shape;
  const space = sizes.slice(0, block.length);
  const rest = sizes.slice(block.length);
  const apart = values.reshaped(x, [n, ...space.flatMap((size, i) => [size / block[i], block[i]]), ...rest]);
  const places = block.map((_, i) => 2 * i + 1);
  const turned = values.transposed(apart, [
    ...places.map((at) => at + 1),
    0,
    ...places,
    ...rest.map((_, i) => 1 + 2 * block.length + i),
  ]);
  const count = block.reduce((a, b) => a * b, n);
  return values.reshaped(turned, [count, ...space.map((size, i) => size / block[i]), ...rest]);
};

const batchToSpace: Handler = (call) => {
  const { values, inputs } = call;
  const x = need(call, 0);
  const block = values.numbers(inputs[1], "blocks");
  const crops = pairs(values, inputs[2], block.length, "crops");
  const [count, ...sizes] = x.shape;
  const space = sizes.slice(0, block.length);
  const rest = sizes.slice(block.length);
  const n = block.reduce((a, b) => a / b, count);
  if (!Number.isInteger(n)) throw new Error(`${count} are no blocks of ${block.join(" by ")}`);
  const apart = values.reshaped(x, [...block, n, ...sizes]);
  const turned = values.transposed(apart, [
    block.length,
    ...block.flatMap((_, i) => [block.length + 1 + i, i]),
    ...rest.map((_, i) => 2 * block.length + 1 + i),
  ]);
  const whole = values.reshaped(turned, [n, ...space.map((size, i) => size * block[i]), ...rest]);
  return cut(
    call,
    whole,
    crops.map(([before, after], i) => ({
      axis: i + 1,
      start: before,
      end: whole.shape[i + 1] - after,
      step: 1,
    })),
  );
};

/** What a size is multiplied with, in single or double precision, and rounded down, to become another. */
function scaleTo(size: number, from: number): number {
  if (size < 1 || from < 1) throw new Error(`${from} cannot become ${size}`);
  const scale = Math.fround(size / from);
  return Math.floor(from * scale) === size ? scale : Math.fround(scale * (1 + 2 ** -23));
}

const resize =
  (mode: "linear" | "nearest"): Handler =>
  (call) => {
    const { g, values, inputs, options } = call;
    const x = need(call, 0);
    const sizes = values.numbers(inputs[1], "sizes");
    if (x.shape.length !== 4 || sizes.length !== 2) throw new Error(`it takes [${x.shape.join(", ")}]`);
    const { alignCorners, halfPixelCentres } = options;
    const coordinates = alignCorners ? "align_corners" : halfPixelCentres ? "half_pixel" : "asymmetric";
    const nearest = coordinates === "asymmetric" ? "floor" : "round_prefer_ceil";
    const whole = mode === "linear" ? values.real(x) : x;
    // Scales and not sizes: with sizes of some axes onnxruntime 1.30 fails where it moves a transposition past this.
    const scales = sizes.map((size, axis) => scaleTo(size, x.shape[axis + 1]));
    const resized = g.op("Resize", [values.as(whole, "planes"), undefined, g.constant([1, 1, ...scales])], {
      mode,
      coordinate_transformation_mode: coordinates,
      ...(mode === "nearest" && { nearest_mode: nearest }),
    });
    return values.value("planes", resized, x.shape[0], whole.steps);
  };

export const shapeHandlers: Handlers = {
  RESHAPE: reshape,
  SQUEEZE: squeeze,
  EXPAND_DIMS: expand,
  TRANSPOSE: transpose,
  STRIDED_SLICE: stridedSlice,
  SLICE: slice,
  SPLIT: split,
  SPLIT_V: splitBySizes,
  UNPACK: unpack,
  CONCATENATION: concatenation,
  PACK: pack,
  GATHER: gather,
  PAD: pad,
  PADV2: pad,
  MIRROR_PAD: mirror,
  TILE: tile,
  BROADCAST_TO: broadcastTo,
  FILL: fill,
  REVERSE_V2: reverse,
  SHAPE: shapeOf,
  SPACE_TO_DEPTH: blocks(true),
  DEPTH_TO_SPACE: blocks(false),
  SPACE_TO_BATCH_ND: spaceToBatch,
  BATCH_TO_SPACE_ND: batchToSpace,
  RESIZE_BILINEAR: resize("linear"),
  RESIZE_NEAREST_NEIGHBOR: resize("nearest"),
};
