// Reductions, normalizations, shapes.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Case } from "./check.ts";
import { checkGradients, distinct, positive } from "./check.ts";

function check(name: string, it: Case) {
  test(name, () => checkGradients(it));
}

const REDUCTIONS: [number[] | undefined, number][] = [
  [undefined, 0],
  [undefined, 1],
  [[1], 0],
  [[0, -1], 1],
  [[2, 0], 0],
];
for (const op of [
  "ReduceSum",
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceSumSquare",
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSumExp",
]) {
  for (const [axes, keepdims] of REDUCTIONS) {
    check(`${op} ${JSON.stringify(axes)} keepdims ${keepdims}`, {
      inputs: [[2, 3, 4]],
      values: op.startsWith("ReduceM") || op === "ReduceL1" ? distinct : undefined,
      tolerance: 5e-3,
      build: (g, [x]) => g.op(op, [x, axes && g.int64(axes)], { keepdims }),
    });
  }
}
check("means of means stay small until they are needed", {
  inputs: [[2, 3, 4]],
  build: (g, [x]) => g.reduceMean(g.mul(g.reduceMean(g.mul(x, x), [2]), g.reduceSum(x, [0, 2])), [0, 1]),
});
check("CumSum", {
  inputs: [[2, 5]],
  build: (g, [x]) => [
    g.op("CumSum", [x, g.constant(1, "int64")]),
    g.op("CumSum", [x, g.constant(0, "int64")], { reverse: 1, exclusive: 1 }),
  ],
});
check("ArgMax and OneHot stop the gradient", {
  inputs: [[3, 4]],
  values: distinct,
  tolerance: 5e-3,
  build: (g, [x]) => {
    const winner = g.op("ArgMax", [x], { axis: 1, keepdims: 0 });
    return g.mul(x, g.op("OneHot", [winner, g.constant(4, "int64"), g.constant([0, 1])]));
  },
});

for (const op of ["Softmax", "LogSoftmax"]) {
  for (const axis of [-1, 0, 1]) {
    check(`${op} axis ${axis}`, { inputs: [[3, 4, 2]], build: (g, [x]) => g.op(op, [x], { axis }) });
  }
}
for (const shape of [
  [3, 4],
  [2, 3, 5],
  [2, 3, 4, 3],
]) {
  check(`BatchNormalization in inference form ${shape}`, {
    inputs: [shape, [shape[1]], [shape[1]], [shape[1]], [shape[1]]],
    values: positive,
    build: (g, inputs) => g.op("BatchNormalization", inputs, { epsilon: 0.01 }),
  });
  for (const momentum of [0, 0.9]) {
    check(`BatchNormalization in training form ${shape}, momentum ${momentum}`, {
      inputs: [shape, [shape[1]], [shape[1]]],
      step: 5e-3,
      tolerance: 4e-3,
      build: (g, [x, scale, bias]) => {
        const zeros = g.constant(new Float32Array(shape[1]));
        const attributes = { training_mode: 1, momentum, epsilon: 0.05 };
        return g.ops("BatchNormalization", [x, scale, bias, zeros, zeros], attributes, { outputs: 3 })[0];
      },
    });
  }
}
check("two batch normalizations given the same statistics", {
  inputs: [[4, 3, 4], [3], [3]],
  tolerance: 5e-3,
  build: (g, [x, scale, bias]) => {
    const ones = g.constant([1, 1, 1]);
    const attributes = { training_mode: 1, momentum: 0, epsilon: 0.05 };
    const [once] = g.ops("BatchNormalization", [x, scale, bias, ones, ones], attributes, { outputs: 3 });
    return g.ops("BatchNormalization", [g.sigmoid(once), scale, bias, ones, ones], attributes, {
      outputs: 3,
    })[0];
  },
});
check("InstanceNormalization", {
  inputs: [[2, 3, 5, 2], [3], [3]],
  tolerance: 5e-3,
  build: (g, inputs) => g.op("InstanceNormalization", inputs, { epsilon: 0.05 }),
});
check("LayerNormalization", {
  inputs: [
    [2, 3, 4],
    [3, 4],
    [3, 4],
  ],
  tolerance: 5e-3,
  build: (g, inputs) => g.op("LayerNormalization", inputs, { axis: -2, epsilon: 0.05 }),
});

check("Reshape, Flatten, Squeeze, Unsqueeze, Transpose", {
  inputs: [[2, 3, 4]],
  build: (g, [x]) => [
    g.op("Reshape", [x, g.int64([0, -1])]),
    g.op("Flatten", [x], { axis: 2 }),
    g.op("Squeeze", [g.reduceSum(x, [1], true), g.int64([1])]),
    g.op("Unsqueeze", [x, g.int64([-1, 0])]),
    g.transpose(x, [2, 0, 1]),
    g.op("Transpose", [x]),
  ],
});
check("Concat", {
  inputs: [
    [2, 3],
    [2, 1],
    [2, 2],
  ],
  build: (g, inputs) => g.op("Concat", inputs, { axis: -1 }),
});
for (const [start, end, step] of [
  [1, 5, 1],
  [-3, 1000, 1],
  [0, 7, 2],
  [1, 7, 3],
  [-1, -1000, -1],
  [5, 0, -2],
  [3, 3, 1],
]) {
  check(`Slice ${start}:${end}:${step}`, {
    inputs: [[2, 7, 2]],
    build: (g, [x]) => g.add(g.reduceSum(g.slice(x, 1, start, end, step)), g.reduceMean(x)),
  });
}
check("Slice of several axes", {
  inputs: [[4, 5, 6]],
  build: (g, [x]) =>
    g.op("Slice", [x, g.int64([1, -1]), g.int64([4, -7]), g.int64([0, 2]), g.int64([2, -2])]),
});
check("Split, some parts unused", {
  inputs: [[2, 7]],
  build: (g, [x]) => {
    const equal = g.ops("Split", [x], { axis: 1 }, { outputs: 3 });
    const given = g.ops("Split", [x, g.int64([1, 4, 2])], { axis: -1 }, { outputs: 3 });
    return [equal[0], equal[2], given[1]];
  },
});
for (const mode of ["constant", "reflect", "edge"]) {
  check(`Pad ${mode}`, {
    inputs: [[2, 4, 3]],
    build: (g, [x]) => g.op("Pad", [x, g.int64([0, 2, 1, 0, 3, 2])], { mode }),
  });
}
check("Pad cutting and padding", {
  inputs: [[4, 5]],
  build: (g, [x]) => g.op("Pad", [x, g.int64([-1, 2, 1, -2]), g.constant(3)]),
});
check("Expand and Tile", {
  inputs: [[3, 1]],
  build: (g, [x]) => [g.op("Expand", [x, g.int64([2, 1, 4])]), g.op("Tile", [x, g.int64([2, 3])])],
});
check("Gather with one index", {
  inputs: [[3, 4, 2]],
  build: (g, [x]) => [
    g.op("Gather", [x, g.constant(-1, "int64")], { axis: 1 }),
    g.op("Gather", [x, g.int64([1])], { axis: 0 }),
  ],
});
check("Gather with many indices, some repeated", {
  inputs: [[3, 4, 2]],
  build: (g, [x]) => [
    g.op("Gather", [x, g.constant([1, 0, 3, 1, 1, -1], "int64", [2, 3])], { axis: 1 }),
    g.op("Gather", [x, g.int64([2, 2, 0])]),
  ],
});
check("GatherElements", {
  inputs: [[3, 4]],
  build: (g, [x]) =>
    g.op("GatherElements", [x, g.constant([1, 0, 3, 1, 2, 2], "int64", [3, 2])], { axis: 1 }),
});
check("DepthToSpace and SpaceToDepth", {
  inputs: [[2, 8, 2, 4]],
  build: (g, [x]) => [
    g.op("DepthToSpace", [x], { blocksize: 2 }),
    g.op("SpaceToDepth", [x], { blocksize: 2 }),
  ],
});

test("a gradient with the wrong sign or scale would be caught", async () => {
  let caught = "";
  try {
    await checkGradients({
      inputs: [[3]],
      build: (g, [x]) => g.add(g.stopGradient(g.mul(x, 0.02)), x),
    });
  } catch (error) {
    caught = String(error);
  }
  assert.match(caught, /central difference/);
});

test.run();
