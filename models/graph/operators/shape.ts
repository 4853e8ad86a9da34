import { reduceTo, reshapeLike, zerosLike } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, numbers, type OperatorFamily, type OperatorRule, text } from "../rule.ts";
import { fixedSize, isStatic, normalAxis, product, quotient, showShape } from "../shapes.ts";
import { type Call, type Dimension, isFloat, type Shape } from "../types.ts";
import { FOLD_LIMIT, known, knownNumbers, passValues, pick } from "./known.ts";

const like: OperatorRule["gradient"] = ({ g, grad, input }) => [reshapeLike(g, grad, input(0))];

const reshape: OperatorRule = {
  /** Reshaped twice, or back to what it was. */
  rewrite: (call, g) => {
    const x = need(call, 0);
    const before = g.producer(x);
    const wanted = g.valuesOf(need(call, 1));
    if (before?.op !== "Reshape" || call.name !== "Reshape" || !wanted || wanted.includes(0))
      return undefined;
    const source = need(before, 0);
    const [{ shape }] = reshape.infer(call, g);
    return [sameShape(shape, source.shape) ? source : g.op("Reshape", [source, need(call, 1)])];
  },
  infer: (call, g) => {
    const x = need(call, 0);
    const wanted = g.valuesOf(need(call, 1));
    if (!wanted) {
      const rank = fixedSize(need(call, 1), 0, describe(call));
      return [{ dtype: x.dtype, shape: Array.from({ length: rank }, () => g.freshDimension("reshaped")) }];
    }
    const copyZero = number(call, "allowzero", 0) === 0;
    const shape = wanted.map((size, axis) => (size === 0 && copyZero ? x.shape[axis] : size));
    const open = shape.indexOf(-1);
    if (open >= 0) {
      const rest = product(shape.filter((_, axis) => axis !== open));
      const missing = quotient(product(x.shape), rest);
      if (missing === undefined && isStatic(x.shape) && typeof rest === "number") {
        throw new Error(`${describe(call)}: ${showShape(x.shape)} cannot become ${showShape(wanted)}`);
      }
      shape[open] = missing ?? g.freshDimension("reshaped");
    } else if (isStatic(x.shape) && isStatic(shape) && product(x.shape) !== product(shape)) {
      throw new Error(`${describe(call)}: ${showShape(x.shape)} cannot become ${showShape(shape)}`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  fold: passValues,
  gradient: like,
};

const sameShape = (a: Shape, b: Shape) => a.length === b.length && a.every((size, axis) => size === b[axis]);

const flatten: OperatorRule = {
  infer: (call) => {
    const x = need(call, 0);
    const given = number(call, "axis", 1);
    const axis = given < 0 ? given + x.shape.length : given;
    return [{ dtype: x.dtype, shape: [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))] }];
  },
  gradient: like,
};

const squeeze: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const axes = call.inputs[1]
      ? knownNumbers(call, g, 1, "axes").map((axis) => normalAxis(axis, x.shape.length, describe(call)))
      : x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    for (const axis of axes) {
      const size = x.shape[axis];
      if (typeof size === "number" && size !== 1) {
        throw new Error(`${describe(call)}: axis ${axis} of ${showShape(x.shape)} is not 1`);
      }
    }
    return [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.includes(axis)) }];
  },
  fold: passValues,
  gradient: like,
};

const unsqueeze: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const axes = knownNumbers(call, g, 1, "axes");
    const rank = x.shape.length + axes.length;
    const added = new Set(axes.map((axis) => normalAxis(axis, rank, describe(call))));
    const rest = [...x.shape];
    return [
      {
        dtype: x.dtype,
        shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() as Dimension))),
      },
    ];
  },
  fold: passValues,
  gradient: like,
};

function permutation(call: Call): readonly number[] {
  const x = need(call, 0);
  return numbers(call, "perm") ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
}

const transpose: OperatorRule = {
  /** Turned round twice. */
  rewrite: (call, g) => {
    const x = need(call, 0);
    const before = g.producer(x);
    if (before?.op !== "Transpose" || call.name !== "Transpose") return undefined;
    const [first, then] = [permutation(before), permutation(call)];
    return [
      g.transpose(
        need(before, 0),
        then.map((axis) => first[axis]),
      ),
    ];
  },
  infer: (call) => {
    const x = need(call, 0);
    const order = permutation(call);
    if (order.length !== x.shape.length || new Set(order).size !== order.length) {
      throw new Error(`${describe(call)}: [${order}] does not order the axes of ${showShape(x.shape)}`);
    }
    return [{ dtype: x.dtype, shape: order.map((from) => x.shape[from]) }];
  },
  fold: (call, g) => {
    const order = permutation(call);
    const { shape } = need(call, 0);
    return pick(
      passValues(call, g),
      shape,
      order.map((axis) => shape[axis]),
      (place) => shape.map((_, axis) => place[order.indexOf(axis)]),
    );
  },
  gradient: ({ g, node, grad }) => {
    const order = permutation(node);
    return [
      g.transpose(
        grad,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};

const concat: OperatorRule = {
  infer: (call) => {
    const parts = call.inputs.map((_, index) => need(call, index));
    const rank = parts[0].shape.length;
    const axis = normalAxis(number(call, "axis", 0), rank, describe(call));
    for (const part of parts) {
      const fits =
        part.shape.length === rank &&
        part.shape.every((size, at) => {
          const first = parts[0].shape[at];
          return at === axis || typeof size === "string" || typeof first === "string" || size === first;
        });
      if (!fits) {
        throw new Error(
          `${describe(call)}: ${parts.map((p) => showShape(p.shape)).join(", ")} do not fit together`,
        );
      }
    }
    const sizes = parts.map((part) => part.shape[axis]);
    const total = isStatic(sizes) ? (sizes as number[]).reduce((a, b) => a + b, 0) : sizes.join("+");
    return [{ dtype: parts[0].dtype, shape: parts[0].shape.map((size, at) => (at === axis ? total : size)) }];
  },
  fold: (call, g) => {
    if (isFloat(need(call, 0).dtype) || need(call, 0).shape.length !== 1) return undefined;
    const parts = call.inputs.map((input) => input && g.valuesOf(input));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  },
  gradient: ({ g, node, grad, input, wants }) => {
    const axis = normalAxis(number(node, "axis", 0), grad.shape.length, describe(node));
    let start = 0;
    return node.inputs.map((_, index) => {
      const size = fixedSize(input(index), axis, describe(node));
      const part = wants(index) ? g.slice(grad, axis, start, start + size) : undefined;
      start += size;
      return part;
    });
  },
};

function splitSizes(call: Call, g: GraphBuilder): Dimension[] {
  const x = need(call, 0);
  const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
  if (call.inputs[1]) return [...known(call, g, 1, "the sizes of the parts")];
  const size = fixedSize(x, axis, describe(call));
  const part = Math.ceil(size / call.outputCount);
  return Array.from({ length: call.outputCount }, (_, i) => Math.min(part, size - i * part));
}

const split: OperatorRule = {
  // Without sizes the number of parts must be said since operator set 18.
  prepare: (call) =>
    call.inputs[1] ? call : { ...call, attributes: { ...call.attributes, num_outputs: call.outputCount } },
  infer: (call, g) => {
    const x = need(call, 0);
    const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
    return splitSizes(call, g).map((part) => ({
      dtype: x.dtype,
      shape: x.shape.map((size, at) => (at === axis ? part : size)),
    }));
  },
  gradient: ({ g, node, grads, input }) => {
    const axis = normalAxis(number(node, "axis", 0), input(0).shape.length, describe(node));
    return [
      g.concat(
        grads.map((grad, index) => grad ?? zerosLike(g, node.outputs[index])),
        axis,
      ),
    ];
  },
};

const expand: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const wanted = known(call, g, 1, "the shape");
    const rank = Math.max(x.shape.length, wanted.length);
    const at = (shape: readonly Dimension[], axis: number) => shape[axis - rank + shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => {
      const [own, other] = [at(x.shape, axis), at(wanted, axis)];
      if (own !== 1 && other !== 1 && typeof own === "number" && typeof other === "number" && own !== other) {
        throw new Error(`${describe(call)}: ${showShape(x.shape)} does not expand to ${showShape(wanted)}`);
      }
      return own === 1 ? other : own;
    });
    return [{ dtype: x.dtype, shape }];
  },
  fold: (call, g) => {
    const values = passValues(call, g);
    const wanted = g.valuesOf(need(call, 1));
    if (values?.length !== 1 || !wanted || !isStatic(wanted)) return undefined;
    const count = product(wanted) as number;
    return count <= FOLD_LIMIT ? Array.from({ length: count }, () => values[0]) : undefined;
  },
  lazy: true,
  gradient: ({ g, output, grad, input }) => [reduceTo(g, grad, output, input(0))],
};

const tile: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const repeats = knownNumbers(call, g, 1, "repeats");
    return [{ dtype: x.dtype, shape: x.shape.map((size, axis) => product([size, repeats[axis]])) }];
  },
  gradient: ({ g, node, grad, input }) => {
    const x = input(0);
    const repeats = knownNumbers(node, g, 1, "repeats");
    const shape = x.shape.flatMap((size, axis) => [repeats[axis], typeof size === "number" ? size : -1]);
    return [
      g.reduceSum(
        g.reshape(grad, shape),
        x.shape.map((_, axis) => 2 * axis),
      ),
    ];
  },
};

/** Blocks of channels to pixels and back: both are permutations, so each is the other's gradient. */
function rearrange(inverse: string, deeper: boolean): OperatorRule {
  return {
    infer: (call) => {
      const x = need(call, 0);
      const block = number(call, "blocksize", 1);
      const [n, c, h, w] = x.shape;
      const times = (size: Dimension) => product([size, block]);
      const parts = (size: Dimension, by: number) => {
        const part = quotient(size, by);
        if (part === undefined) throw new Error(`${describe(call)}: ${size} is no multiple of ${by}`);
        return part;
      };
      const shape = deeper
        ? [n, times(times(c)), parts(h, block), parts(w, block)]
        : [n, parts(c, block * block), times(h), times(w)];
      return [{ dtype: x.dtype, shape }];
    },
    gradient: ({ g, node, grad }) => {
      if (text(node, "mode", "DCR") !== "DCR") {
        throw new Error(`Cannot differentiate ${describe(node)}: only mode DCR is supported`);
      }
      return [g.op(inverse, [grad], { blocksize: number(node, "blocksize", 1) })];
    },
  };
}

export const shapeFamily: OperatorFamily = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Expand: expand,
  Tile: tile,
  DepthToSpace: rearrange("SpaceToDepth", false),
  SpaceToDepth: rearrange("DepthToSpace", true),
};
