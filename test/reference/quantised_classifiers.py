"""Writes test/fixtures/foreign/mel44-*.onnx: mel44.onnx quantised in the ways that compute in integers.

mel44-dynamic.onnx    weights in int8, scales of what is heard found while it runs (DynamicQuantizeLinear, ConvInteger, MatMulInteger)
mel44-qoperator.onnx  QLinearConv and its like
mel44-ends.onnx       the same in the QDQ form, its input and answer in uint8
mel44-wide.onnx       QDQ with activations of 16 bits
mel44-quantised.json  what onnxruntime answers to the picture of mel44.json, by the name of the file

Run: python test/reference/quantised_classifiers.py   (needs: onnx, onnxruntime, numpy)
"""
import base64
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

folder = pathlib.Path(__file__).parent.parent / "fixtures" / "foreign"
packed = json.loads((folder / "mel44.json").read_text())["picture"]
picture = np.frombuffer(base64.b64decode(packed["data"]), "<f4").reshape(packed["shape"])


class Calibration(CalibrationDataReader):
    def __init__(self):
        random = np.random.default_rng(3)
        noises = [random.standard_normal(picture.shape) * 0.5 + picture * share for share in (1, 0.8, 0.5, 0.2)]
        self.items = iter([picture, *noises])

    def get_next(self):
        item = next(self.items, None)
        return None if item is None else {"mel": item.astype("float32")}


def ends(path):
    """Its first rounding becomes the input, its last the answer."""
    model = onnx.load(path)
    graph = model.graph
    first = next(node for node in graph.node if "mel" in node.input)
    last = next(node for node in graph.node if "probabilities" in node.output)
    graph.node.remove(first)
    for node in graph.node:
        node.input[:] = ["mel" if name == first.output[0] else name for name in node.input]
    if last.op_type == "DequantizeLinear":
        before = last.input[0]
        graph.node.remove(last)
        for node in graph.node:
            node.output[:] = ["probabilities" if name == before else name for name in node.output]
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    graph.output[0].type.tensor_type.elem_type = TensorProto.UINT8
    del graph.value_info[:]
    onnx.save(model, path)
    return first


plain = folder / "mel44.onnx"
quantize_dynamic(plain, folder / "mel44-dynamic.onnx", weight_type=QuantType.QUInt8)
quantize_static(plain, folder / "mel44-qoperator.onnx", Calibration(), quant_format=QuantFormat.QOperator,
                per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
quantize_static(plain, folder / "mel44-wide.onnx", Calibration(), quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt16, weight_type=QuantType.QInt8)
quantize_static(plain, folder / "mel44-ends.onnx", Calibration(), quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
answers = {}
for name in ("dynamic", "qoperator", "wide", "ends"):
    session = onnxruntime.InferenceSession(folder / f"mel44-{name}.onnx")
    answers[name] = session.run(None, {"mel": picture})[0][0].tolist()
    print(name, [node.op_type for node in onnx.load(folder / f"mel44-{name}.onnx").graph.node][:12], answers[name])
ends(folder / "mel44-ends.onnx")
(folder / "mel44-quantised.json").write_text(json.dumps(answers, indent=1) + "\n")
print([node.op_type for node in onnx.load(folder / "mel44-ends.onnx").graph.node])
