"""Writes test/fixtures/foreign/tflite/: classifiers as TensorFlow converts them, and what its own interpreter says of a few inputs.

float.tflite      a small CNN on a picture [batch, 24, 16, 1]: convolutions, depthwise ones, poolings, a skip; softmax
int8.tflite       the same, all in 8 bits, with 8-bit input and output; floats.tflite with floats at both ends
uint8.tflite      the same with uint8 at both ends
dynamic.tflite    its weights in 8 bits, activations floats
half.tflite       its weights in half precision
wave.tflite       samples [1600] without a batch, with a transform inside; sigmoid
classifiers.json  inputs, answers and, for the floats, gradients of the second class's answer by the input
operators-*.json  one operator each: the file, an input, the output and the gradient of a weighted sum of it

Run: python test/reference/tflite_classifiers.py   (needs: tensorflow-cpu 2.21, numpy)
"""

import base64
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

out = pathlib.Path(__file__).parent.parent / "fixtures" / "foreign" / "tflite"
out.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(3)
random = np.random.default_rng(3)
SHAPE = (24, 16, 1)
LITE = tf.lite
# No file above 200 kB.
HALF = 50


def packed(array):
    array = np.asarray(array, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def answers(content, inputs):
    """What the interpreter says of each input, in numbers that 8 bits stand for."""
    interpreter = LITE.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    [read], [wrote] = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for each in inputs:
        value = each.reshape(read["shape"])
        scale, zero = read["quantization"]
        if scale:
            info = np.iinfo(read["dtype"])
            value = np.clip(np.round(value / scale) + zero, info.min, info.max)
        interpreter.set_tensor(read["index"], value.astype(read["dtype"]))
        interpreter.invoke()
        found = interpreter.get_tensor(wrote["index"]).astype(np.float32)
        scale, zero = wrote["quantization"]
        rows.append((found - zero) * np.float32(scale) if scale else found)
    return np.stack(rows)


def picture_network():
    layers = keras.layers
    x = first = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu6")(x)
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(8, 1)(y)
    x = layers.Add()([x, y])
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.DepthwiseConv2D((3, 2), depth_multiplier=2, strides=1, dilation_rate=(2, 2), activation="relu")(x)
    x = layers.AveragePooling2D((1, 2), strides=1, padding="same")(x)
    x = layers.Conv2D(24, (2, 2), padding="valid", activation="tanh")(x)
    # Converters leave weights of fewer than 1024 numbers as they are.
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(48, activation="relu")(x)
    x = layers.Dense(5)(x)
    model = keras.Model(first, layers.Softmax()(x))
    for weights in model.weights:
        value = np.array(weights)
        if weights.name in ("gamma", "moving_variance"):
            weights.assign(random.uniform(0.5, 1.5, value.shape))
        else:
            # Enough that the answers differ.
            weights.assign(value * 1.6 + 0.1 * random.standard_normal(value.shape))
    return model


def convert(model, shape, change=None):
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    converter = LITE.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    if change:
        change(converter)
    return converter.convert()


def pictures(count):
    return random.standard_normal((count, *SHAPE)).astype(np.float32)


def in_8_bits(ends):
    def change(converter):
        converter.optimizations = [LITE.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([each[None]] for each in pictures(50))
        converter.target_spec.supported_ops = [LITE.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = ends

    return change


def weights_only(kind):
    def change(converter):
        converter.optimizations = [LITE.Optimize.DEFAULT]
        if kind is not None:
            converter.target_spec.supported_types = [kind]

    return change


def gradient(model, inputs, chosen):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        picked = model(inputs)[..., chosen]
    return tape.gradient(picked, inputs)


class Wave(tf.Module):
    """Frames, a transform, bands and a dense layer: as YAMNet's front."""

    def __init__(self):
        super().__init__()
        self.bands = tf.Variable(np.abs(random.standard_normal((129, 12))).astype(np.float32) / 20)
        self.last = tf.Variable((random.standard_normal((12, 4)) / 8).astype(np.float32))

    def __call__(self, samples):
        spectrum = tf.abs(tf.signal.stft(samples, 200, 80, 256))
        logs = tf.math.log(tf.matmul(spectrum, self.bands) + 0.001)
        kept = tf.nn.relu(logs[tf.newaxis] + 2.0)
        return tf.sigmoid(tf.matmul(tf.reduce_mean(kept, 1), self.last))


def classifiers():
    network = picture_network()
    inputs = pictures(3)
    found = {"inputs": packed(inputs), "gradient": packed(gradient(network, inputs, 1))}
    made = {
        "float": ((None, *SHAPE), None),
        "fixed": ((1, *SHAPE), None),
        "int8": ((1, *SHAPE), in_8_bits(tf.int8)),
        "floats": ((1, *SHAPE), in_8_bits(tf.float32)),
        "uint8": ((1, *SHAPE), in_8_bits(tf.uint8)),
        "dynamic": ((1, *SHAPE), weights_only(None)),
        "half": ((1, *SHAPE), weights_only(tf.float16)),
    }
    for name, (shape, change) in made.items():
        content = convert(network, shape, change)
        (out / f"{name}.tflite").write_bytes(content)
        found[name] = packed(answers(content, inputs)[:, 0])
    wave = Wave()
    sounds = (0.3 * random.standard_normal((2, 1600))).astype(np.float32)
    content = convert(wave, (1600,))
    (out / "wave.tflite").write_bytes(content)
    slopes = [gradient(lambda x: wave(x)[0], each, 2) for each in sounds]
    found |= {"sounds": packed(sounds), "wave": packed(answers(content, sounds)[:, 0]), "wave gradient": packed(slopes)}
    (out / "classifiers.json").write_text(json.dumps(found, indent=1) + "\n")


def constant(*shape):
    return tf.constant(random.standard_normal(shape).astype(np.float32))


def operators():
    c2, c3, c4 = constant(6), constant(5, 6), constant(1, 4, 5, 6)
    square = constant(6, 7)
    kernel, deep, chain = constant(3, 2, 6, 4), constant(2, 3, 6, 2), constant(3, 6, 5)
    few = tf.abs(constant(6)) / 3
    image = (1, 4, 5, 6)
    row = (1, 6)
    cases = {
        # Element by element.
        "abs": (image, tf.abs),
        "neg": (image, tf.negative),
        "exp": (image, tf.exp),
        "log": (image, lambda x: tf.math.log(tf.abs(x) + 0.1)),
        "sqrt": (image, lambda x: tf.sqrt(tf.abs(x) + 0.1)),
        "rsqrt": (image, lambda x: tf.math.rsqrt(tf.abs(x) + 0.1)),
        "square": (image, tf.square),
        "sin": (image, tf.sin),
        "cos": (image, tf.cos),
        "tanh": (image, tf.tanh),
        "logistic": (image, tf.sigmoid),
        "relu": (image, tf.nn.relu),
        "relu6": (image, lambda x: tf.nn.relu6(4 * x)),
        "leaky relu": (image, lambda x: tf.nn.leaky_relu(x, 0.3)),
        "prelu": (image, lambda x: tf.nn.relu(x) - few * tf.nn.relu(-x)),
        "elu": (image, tf.nn.elu),
        "gelu": (image, lambda x: tf.nn.gelu(x, approximate=False)),
        "hard swish": (image, lambda x: x * tf.nn.relu6(x + 3) / 6),
        "swish": (image, tf.nn.swish),
        "softplus": (image, lambda x: tf.math.log(tf.exp(x) + 1)),
        "pow": (image, lambda x: tf.pow(tf.abs(x) + 0.2, 0.3)),
        # Broadcast.
        "add a number": (image, lambda x: x + 1.5),
        "multiply channels": (image, lambda x: x * c2),
        "subtract from rows": (image, lambda x: c3 - x),
        "divide wholes": (image, lambda x: x / (tf.abs(c4) + 1)),
        "maximum": (image, lambda x: tf.maximum(x, c2)),
        "minimum": (image, lambda x: tf.minimum(x, c3)),
        "squared difference": (image, lambda x: tf.math.squared_difference(x, c2)),
        "select": (image, lambda x: tf.where(x > 0.3, x * c2, -x)),
        "outer": (row, lambda x: tf.reshape(x, (1, 6, 1)) * tf.reshape(x, (1, 1, 6))),
        "own mean": (image, lambda x: x - tf.reduce_mean(x, axis=[1, 2], keepdims=True)),
        "more than the batch": (row, lambda x: x * constant(3, 6)),
        # Layers.
        "conv same": (image, lambda x: tf.nn.conv2d(x, kernel, [1, 2, 2, 1], "SAME")),
        "conv dilated": (image, lambda x: tf.nn.conv2d(x, kernel, 1, "SAME", dilations=[1, 2, 2, 1])),
        "conv valid": (image, lambda x: tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "VALID") + constant(4))),
        "depthwise": (image, lambda x: tf.nn.depthwise_conv2d(x, deep, [1, 2, 2, 1], "SAME")),
        "conv 1d": ((1, 9, 6), lambda x: tf.nn.conv1d(x, chain, 2, "SAME")),
        "grouped": (image, lambda x: tf.nn.conv2d(x, constant(3, 3, 2, 6), 1, "SAME")),
        "several windows": ((3, 4, 5, 6), lambda x: tf.nn.conv2d(x, kernel, 1, "SAME")),
        "dense": (row, lambda x: tf.nn.relu(tf.matmul(x, square) + constant(7))),
        "dense of rows": ((1, 5, 6), lambda x: tf.tensordot(x, square, 1)),
        "matrices": ((1, 4, 6), lambda x: tf.matmul(x, x, transpose_b=True)),
        "attention": ((1, 4, 6), lambda x: tf.matmul(tf.nn.softmax(tf.matmul(x, x, transpose_b=True)), x)),
        "average pool": (image, lambda x: tf.nn.avg_pool2d(x, [2, 3], [2, 2], "SAME")),
        "max pool": (image, lambda x: tf.nn.max_pool2d(x, [3, 2], [1, 2], "SAME")),
        # Along axes.
        "softmax": (row, lambda x: tf.nn.softmax(2 * x)),
        "log softmax": (row, tf.nn.log_softmax),
        "norm": (row, lambda x: tf.math.l2_normalize(x, -1)),
        "mean": (image, lambda x: tf.reduce_mean(x, [1, 2])),
        "mean of rows": (image, lambda x: tf.reduce_mean(x, [1])),
        "mean of all": (image, lambda x: tf.reduce_mean(x, [0, 1, 2, 3], keepdims=True)),
        "sum": (image, lambda x: tf.reduce_sum(x, [3], keepdims=True)),
        "maximum of rows": (image, lambda x: tf.reduce_max(x, [2])),
        "minimum of channels": (image, lambda x: tf.reduce_min(x, [-1])),
        "running sum": (image, lambda x: tf.cumsum(x, 2)),
        # Moved.
        "transpose": (image, lambda x: tf.transpose(x, [0, 3, 1, 2])),
        "batch moved": ((1, 5, 6), lambda x: tf.nn.relu(tf.transpose(x, [1, 0, 2])) * constant(5, 1, 6)),
        "reshape": (image, lambda x: tf.reshape(x, (1, 20, 6))),
        "batch lost": (image, lambda x: tf.exp(tf.reshape(x, (20, 6)))),
        "strided slice": (image, lambda x: x[:, 1:, ::2, 3]),
        "from the end": (image, lambda x: x[:, -2:, ::-1, tf.newaxis, 1:-1]),
        "slice": (image, lambda x: tf.slice(x, [0, 1, 0, 2], [-1, 2, -1, 3])),
        "split": (image, lambda x: tf.concat(tf.split(x, 3, -1)[::-1], -1)),
        "split by sizes": (image, lambda x: tf.split(x, [1, 2, 3], -1)[2]),
        "unstack": (image, lambda x: tf.stack(tf.unstack(x, axis=2)[::-1], 1)),
        "concatenation": (image, lambda x: tf.concat([x, tf.nn.relu(x), c4], 2)),
        "gather": (image, lambda x: tf.gather(x, [3, 0, 3], axis=2)),
        "frames": ((24,), lambda x: tf.signal.frame(x, 8, 4) * constant(8)),
        "pad": (image, lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]])),
        "pad with a number": (image, lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0], [2, 1]], constant_values=-1.5)),
        "mirror": (image, lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 0], [0, 0]], "REFLECT")),
        "tile": (image, lambda x: tf.tile(x, [1, 1, 2, 1])),
        "broadcast": ((1, 1, 6), lambda x: tf.broadcast_to(x, (1, 4, 6)) * constant(4, 1)),
        "reverse": (image, lambda x: tf.reverse(x, [1])),
        "bilinear": (image, lambda x: tf.compat.v1.image.resize_bilinear(x, (8, 7), half_pixel_centers=True)),
        "bilinear aligned": (image, lambda x: tf.compat.v1.image.resize_bilinear(x, (7, 9), align_corners=True)),
        "nearest": (image, lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, (8, 10), half_pixel_centers=True)),
        "depth to space": ((1, 2, 3, 8), lambda x: tf.nn.depth_to_space(x, 2)),
        "space to depth": ((1, 4, 6, 2), lambda x: tf.nn.space_to_depth(x, 2)),
        "magnitudes": ((1, 32), lambda x: tf.abs(tf.signal.rfft(x))),
        "powers": ((1, 30), lambda x: tf.math.real(tf.signal.rfft(x, [32])) ** 2 + tf.math.imag(tf.signal.rfft(x, [32])) ** 2),
    }
    found = {}
    for name, (shape, function) in cases.items():
        value = random.standard_normal(shape).astype(np.float32)
        # Constants that a case makes are the same however often it is called.
        state = random.bit_generator.state
        content = convert(tf.function(function), shape)
        result = answers(content, [value])[0]
        weights = np.cos(np.arange(result.size, dtype=np.float32)).reshape(result.shape)
        random.bit_generator.state = state
        variable = tf.constant(value)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            total = tf.reduce_sum(function(variable) * weights)
        found[name] = {
            "file": base64.b64encode(content).decode(),
            "input": packed(value),
            "output": packed(result),
            "gradient": packed(tape.gradient(total, variable)),
        }
    for part, names in (("functions", list(found)[:HALF]), ("axes", list(found)[HALF:])):
        (out / f"operators-{part}.json").write_text(json.dumps({name: found[name] for name in names}, indent=1) + "\n")


classifiers()
operators()
