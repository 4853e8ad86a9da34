"""Turns the published YAMNet, an 8-bit .tflite that takes samples, into the teacher that lab/training/teacher.ts runs: an .onnx
file of plain float32 convolutions.

    input   patches    [B, 96, 64]  ln(mel magnitudes + 0.001); lab/training/teacher-front.ts makes them
    outputs scores     [B, 521]     sigmoid, one for each AudioSet class, in the order of yamnet_class_map.csv
            embedding  [B, 1024]    the last layer's input

What the file does in front of the first convolution is left out, and so are its roundings to 8 bits (of the activations: the weights
stay what they were rounded to).

Run: python tools/teacher/convert-yamnet.py yamnet.tflite yamnet.onnx
Needs Python 3.11 with tensorflow-cpu 2.21.0, tf2onnx 1.17.0 and onnx 1.23.2. Nothing that is released needs Python.
"""

import hashlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper, utils

# lite-model_yamnet_classification_tflite_1, Apache-2.0.
SHA_256 = "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de"

source, target = sys.argv[1:3]
with open(source, "rb") as file:
    found = hashlib.file_digest(file, "sha256").hexdigest()
if found != SHA_256:
    sys.exit(f"{source} is not the published YAMNet: its SHA-256 is {found}, not {SHA_256}")

with tempfile.NamedTemporaryFile(suffix=".onnx") as whole, tempfile.NamedTemporaryFile(suffix=".onnx") as tower:
    # Its command only: the function has no word for taking the roundings out.
    words = ["--tflite", source, "--opset", "13", "--dequantize", "--output", whole.name]
    subprocess.run([sys.executable, "-m", "tf2onnx.convert", *words], check=True)
    graph = onnx.load(whole.name).graph
    first = next(node for node in graph.node if node.op_type == "Conv")
    mean = next(node for node in graph.node if node.op_type == "GlobalAveragePool")
    flatten = next(node for node in graph.node if mean.output[0] in node.input)
    utils.extract_model(whole.name, tower.name, [first.input[0]], [flatten.output[0], graph.output[0].name], check_model=False)
    model = onnx.load(tower.name)

# tf2onnx 1.17.0 loses the biases of a fully connected layer whose input it reshapes (they reach from -0.8 to 0.5 here).
interpreter = tf.lite.Interpreter(source)
interpreter.allocate_tensors()
biases = next(each for each in interpreter.get_tensor_details() if each["name"].endswith("layer29/fc/biases"))
values = interpreter.get_tensor(biases["index"]).astype(np.float32) * biases["quantization_parameters"]["scales"]

graph = model.graph
product = next(node for node in graph.node if node.op_type == "MatMul")
assert [node.op_type for node in graph.node][-2:] == ["MatMul", "Sigmoid"]
graph.node.insert(len(graph.node) - 1, helper.make_node("Add", [product.output[0], "biases"], ["logits"]))
graph.node[-1].input[0] = "logits"
graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), "biases"))

names = {first.input[0]: "picture", flatten.output[0]: "embedding", graph.output[1].name: "scores"}
for node in graph.node:
    node.input[:] = [names.get(name, name) for name in node.input]
    node.output[:] = [names.get(name, name) for name in node.output]
    # One patch at a time is all that the file knows; its one Reshape is told that there are more.
    if node.op_type == "Reshape":
        node.input[1] = "rows"
graph.initializer.append(numpy_helper.from_array(np.array([-1, 1024], np.int64), "rows"))
graph.initializer.append(numpy_helper.from_array(np.array([-1, 1, 96, 64], np.int64), "picture_shape"))
graph.node.insert(0, helper.make_node("Reshape", ["patches", "picture_shape"], ["picture"]))


def described(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])


used = {name for node in graph.node for name in node.input}
kept = [each for each in graph.initializer if each.name in used]
clean = helper.make_graph(
    list(graph.node), "yamnet", [described("patches", 96, 64)], [described("scores", 521), described("embedding", 1024)], kept
)
out = helper.make_model(clean, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="listenable")
onnx.checker.check_model(out, full_check=True)
onnx.save(out, target)
print(f"{target}: {out.ByteSize():,} bytes")
