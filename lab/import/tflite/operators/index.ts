/** Every operator of the file's that is known, by its name there. */
import { axesHandlers } from "./axes.ts";
import type { Handler } from "./call.ts";
import { convolutions } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { fourier } from "./fourier.ts";
import { shapeHandlers } from "./shape.ts";

const HANDLERS = new Map<string, Handler>(
  [convolutions, elementwise, axesHandlers, shapeHandlers, fourier].flatMap((family) =>
    Object.entries(family),
  ),
);

/** @throws Error that names an operator that is not known, and the way out. */
export function handlerOf(op: string): Handler {
  const handler = HANDLERS.get(op);
  if (handler) return handler;
  throw new Error(`${wayOut(op)} (${[...HANDLERS.keys()].sort().join(", ")} are supported)`);
}

function wayOut(op: string): string {
  if (op.startsWith("CUSTOM Flex"))
    return "it is TensorFlow's own and not TensorFlow Lite's; convert the model with TFLITE_BUILTINS alone";
  if (op.startsWith("CUSTOM"))
    return "it is not one of TensorFlow Lite's own; convert the part of the model behind it, and describe that part's input by --front";
  if (/LSTM|RNN|WHILE|^IF$|CALL|VARIABLE|VAR_HANDLE/.test(op))
    return "loops, branches and memory are not supported; give the model as an .onnx file, or with its recurrent layers unrolled";
  return "it is not supported; give the model as an .onnx file, or convert it without that operator";
}
