import type { GraphBuilder } from "./builder.ts";
import { isStatic, product, sameShape, showShape } from "./shapes.ts";
import type { Dimension, Tensor } from "./types.ts";

/** Number of elements along some axes of `like`, as a float operand (computed at run time if symbolic). */
export function sizeAlong(
  g: GraphBuilder,
  like: Tensor,
  axes: readonly number[],
  dtype = like.dtype,
): Tensor | number {
  const count = product(axes.map((axis) => like.shape[axis]));
  if (typeof count === "number") return count;
  const sizes = g.op("Gather", [g.shapeOf(like), g.int64(axes)], { axis: 0 });
  return g.cast(g.op("ReduceProd", [sizes], { keepdims: 0 }), dtype);
}

/**
 * Undoes broadcasting: `grad` is the gradient of something shaped like `from` (or stands for its broadcast), and
 * an operand shaped like `to` was broadcast to it. The result can be broadcast to `to`.
 */
export function reduceTo(g: GraphBuilder, grad: Tensor, from: Tensor, to: Tensor): Tensor {
  const rank = from.shape.length;
  const size = (shape: readonly Dimension[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  const summed: number[] = [];
  const multiplied: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const target = size(to.shape, axis);
    const whole = size(from.shape, axis);
    if (target === whole) continue;
    if (target !== 1) {
      if (typeof target === "string" || typeof whole === "string") {
        throw new Error(
          `Cannot tell whether "${to.name}" ${showShape(to.shape)} is broadcast to ${showShape(from.shape)}; ` +
            "give the graph's inputs fixed shapes, or the same names for equal sizes",
        );
      }
      throw new Error(`"${to.name}" ${showShape(to.shape)} is not broadcast to ${showShape(from.shape)}`);
    }
    (size(grad.shape, axis) === 1 ? multiplied : summed).push(axis);
  }
  let result = grad;
  if (summed.length > 0) {
    const own = summed.map((axis) => axis - rank + grad.shape.length);
    // All summed axes in front of the target's own axes: they may vanish at once.
    const vanish = to.shape.length === 0 || Math.max(...summed) < rank - to.shape.length;
    result = g.reduceSum(result, own, !vanish);
  }
  if (multiplied.length > 0) result = g.mul(result, sizeAlong(g, from, multiplied, grad.dtype));
  const surplus = result.shape.length - to.shape.length;
  if (surplus > 0) {
    result = g.op("Squeeze", [result, g.int64(Array.from({ length: surplus }, (_, axis) => axis))]);
  }
  return result;
}

/** The gradient in full: `grad` broadcast to the shape of `target`. */
export function materialize(g: GraphBuilder, grad: Tensor, target: Tensor): Tensor {
  if (sameShape(grad.shape, target.shape)) return grad;
  return g.op("Expand", [grad, g.shapeOf(target)]);
}

/** Reshapes to the shape of `target`, whether known or only known at run time. */
export function reshapeLike(g: GraphBuilder, tensor: Tensor, target: Tensor): Tensor {
  if (sameShape(tensor.shape, target.shape)) return tensor;
  const symbolic = target.shape.filter((size) => typeof size === "string").length;
  if (symbolic <= 1)
    return g.reshape(
      tensor,
      target.shape.map((size) => (typeof size === "string" ? -1 : size)),
    );
  return g.op("Reshape", [tensor, g.shapeOf(target)]);
}

/** Zeros shaped like `target`. */
export function zerosLike(g: GraphBuilder, target: Tensor): Tensor {
  const zero = g.constant(0, target.dtype);
  if (isStatic(target.shape) && target.shape.length === 0) return zero;
  return g.op("Expand", [zero, g.shapeOf(target)]);
}
