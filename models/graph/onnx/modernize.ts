import type { GraphBuilder } from "../builder.ts";
import { describe, number, numbers } from "../rule.ts";
import type { Call, Tensor } from "../types.ts";

/**
 * Rewrites a call from an older operator set in the spelling of the newest one we know: what used to be attributes
 * (axes, pads, bounds) became inputs over the years. https://github.com/onnx/onnx/blob/main/docs/Changelog.md
 */
export function modernize(g: GraphBuilder, call: Call, opset: number): Call {
  const [x] = call.inputs;
  const { attributes } = call;
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
  const ints = (name: string): Tensor | undefined => {
    const values = numbers(call, name);
    return values && g.int64(values);
  };

  if (call.op.startsWith("Reduce") || call.op === "Squeeze" || call.op === "Unsqueeze") {
    if (!attributes["axes"]) return call;
    return { ...call, inputs: [x, ints("axes")], attributes: without("axes") };
  }
  switch (call.op) {
    case "Split":
      return attributes["split"]
        ? { ...call, inputs: [x, ints("split")], attributes: without("split") }
        : call;
    case "Slice":
      if (!attributes["starts"]) return call;
      return { ...call, inputs: [x, ints("starts"), ints("ends"), ints("axes")], attributes: {} };
    case "Pad":
      if (!attributes["pads"]) return call;
      return {
        ...call,
        inputs: [x, ints("pads"), g.constant(number(call, "value", 0), x?.dtype)],
        attributes: without("pads", "value"),
      };
    case "Clip": {
      if (attributes["min"] === undefined && attributes["max"] === undefined) return call;
      const bound = (name: string) =>
        attributes[name] === undefined ? undefined : g.constant(number(call, name, 0), x?.dtype);
      return { ...call, inputs: [x, bound("min"), bound("max")], attributes: {} };
    }
    case "Dropout":
      return opset < 12 ? { ...call, attributes: {} } : call;
    case "DFT":
      // The axis was an attribute until operator set 20, and another without.
      if (opset > 19) return call;
      return {
        ...call,
        inputs: [x, call.inputs[1], g.constant(number(call, "axis", 1), "int64")],
        attributes: without("axis"),
      };
    case "BatchNormalization":
      // Before operator set 14 exporters wrote inference graphs; further outputs were only for training.
      return opset < 14 ? { ...call, attributes: without("spatial", "is_test"), outputCount: 1 } : call;
    case "Softmax":
    case "LogSoftmax":
      return opset < 13 ? oldSoftmax(g, call) : call;
    case "Upsample":
    case "Resize": {
      if (opset > 10) return call;
      const scales = attributes["scales"]
        ? g.constant(numbers(call, "scales") ?? [], "float32")
        : call.inputs[1];
      const mode = attributes["mode"] === "bilinear" ? "linear" : attributes["mode"];
      const old = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
      return { ...call, op: "Resize", inputs: [x, undefined, scales], attributes: { mode, ...old } };
    }
    default:
      return call;
  }
}

/** Before operator set 13 Softmax flattened everything from `axis` on into one. */
function oldSoftmax(g: GraphBuilder, call: Call): Call {
  const [x] = call.inputs;
  if (!x) throw new Error(`${describe(call)}: input 0 is missing`);
  const given = number(call, "axis", 1);
  const axis = given < 0 ? given + x.shape.length : given;
  if (axis === x.shape.length - 1) return { ...call, attributes: { axis } };
  const flat = g.op("Flatten", [x], { axis });
  const inner = g.op(call.op, [flat], { axis: 1 }, { name: `${call.name}/flat` });
  return { ...call, op: "Reshape", inputs: [inner, g.shapeOf(x)], attributes: {} };
}
