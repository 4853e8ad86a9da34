/** Einstein sums as transpositions, products and sums. */
import type { GraphBuilder } from "../builder.ts";
import { describe, need, type OperatorFamily, text } from "../rule.ts";
import type { Call, Tensor } from "../types.ts";
import { composed } from "./composed.ts";

/** A tensor and the letter of each of its axes. */
interface Lettered {
  readonly tensor: Tensor;
  readonly letters: string;
}

function parse(call: Call): { inputs: Lettered[]; result: string } {
  const equation = text(call, "equation", "").replaceAll(" ", "");
  const [left = "", given] = equation.split("->");
  const terms = left.split(",");
  if (terms.length !== call.inputs.length)
    throw new Error(
      `${describe(call)}: "${equation}" is of ${terms.length} operands, there are ${call.inputs.length}`,
    );
  if (equation.includes("."))
    throw new Error(`${describe(call)}: "${equation}": an ellipsis is not supported`);
  const inputs = terms.map((letters, index) => {
    const tensor = need(call, index);
    if (letters.length !== tensor.shape.length || new Set(letters).size !== letters.length)
      throw new Error(
        `${describe(call)}: "${letters}" of "${equation}" does not name the ${tensor.shape.length} axes, each once`,
      );
    return { tensor, letters };
  });
  const once = [...left.replaceAll(",", "")].filter(
    (letter, _, all) => all.filter((each) => each === letter).length === 1,
  );
  return { inputs, result: given ?? once.sort().join("") };
}

/** Axes in the order of these letters. */
function ordered(g: GraphBuilder, { tensor, letters }: Lettered, order: string): Tensor {
  return g.transpose(
    tensor,
    [...order].map((letter) => letters.indexOf(letter)),
  );
}

/** Without the axes that neither the result nor another operand has. */
function summed(g: GraphBuilder, { tensor, letters }: Lettered, kept: string): Lettered {
  const axes = [...letters].flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]));
  if (axes.length === 0) return { tensor, letters };
  return {
    tensor: g.reduceSum(tensor, axes),
    letters: [...letters].filter((letter) => kept.includes(letter)).join(""),
  };
}

/** Two operands' product, summed over the letters that `kept` has not. */
function product(g: GraphBuilder, a: Lettered, b: Lettered, kept: string): Lettered {
  const [p, q] = [summed(g, a, kept + b.letters), summed(g, b, kept + a.letters)];
  const of = (letters: string, test: (letter: string) => boolean) => [...letters].filter(test).join("");
  const both = of(p.letters, (letter) => q.letters.includes(letter));
  const batch = of(both, (letter) => kept.includes(letter));
  const inner = of(both, (letter) => !kept.includes(letter));
  const rows = of(p.letters, (letter) => !both.includes(letter));
  const columns = of(q.letters, (letter) => !both.includes(letter));
  if (inner.length === 1 && rows.length <= 1 && columns.length <= 1) {
    const wide = (x: Lettered, order: string, missing: readonly number[]) => {
      const turned = ordered(g, x, order);
      return missing.length > 0 ? g.op("Unsqueeze", [turned, g.int64(missing)]) : turned;
    };
    const at = batch.length;
    const left = wide(p, batch + rows + inner, rows ? [] : [at]);
    const right = wide(q, batch + inner + columns, columns ? [] : [at + 1]);
    const whole = g.matmul(left, right);
    const gone = [...(rows ? [] : [at]), ...(columns ? [] : [at + 1])];
    const tensor = gone.length > 0 ? g.op("Squeeze", [whole, g.int64(gone)]) : whole;
    return { tensor, letters: batch + rows + columns };
  }
  // Every letter an axis of both, of one where an operand has it not.
  const all = batch + rows + columns + inner;
  const spread = (x: Lettered) => {
    const turned = ordered(
      g,
      x,
      of(all, (letter) => x.letters.includes(letter)),
    );
    const missing = [...all].flatMap((letter, axis) => (x.letters.includes(letter) ? [] : [axis]));
    return missing.length > 0 ? g.op("Unsqueeze", [turned, g.int64(missing)]) : turned;
  };
  const whole = { tensor: g.mul(spread(p), spread(q)), letters: all };
  return summed(g, whole, kept);
}

const einsum = composed((call, g) => {
  const { inputs, result } = parse(call);
  const [first, ...others] = inputs as [Lettered, ...Lettered[]];
  let so = first;
  for (const [index, next] of others.entries()) {
    const later = others.slice(index + 1).map(({ letters }) => letters);
    so = product(g, so, next, result + later.join(""));
  }
  const missing = [...result].find((letter) => !so.letters.includes(letter));
  if (missing) throw new Error(`${describe(call)}: no operand has the axis "${missing}"`);
  return ordered(g, summed(g, so, result), result);
});

export const einsumFamily: OperatorFamily = { Einsum: einsum };
