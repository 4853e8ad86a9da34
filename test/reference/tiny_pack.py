"""Writes test/fixtures/tiny-pack: a classifier and explainer whose right answers are known by hand.

Classes: "low" (energy in bins 1-63), "high" (energy in bins 128-256), "quiet" (neither).
score = log(band energy per frame + 1e-3), quiet's score is log(0.1 + 1e-3); probabilities = softmax(2 * score).
Mask of the method "bands": 0.95 in the winner's band, 0.05 elsewhere (0.05 everywhere for "quiet").
Method "all-ones": the same probabilities, mask 1 everywhere.

Run: python test/reference/tiny_pack.py   (needs: onnx, numpy)
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FRAMES, BINS = 128, 257
out = pathlib.Path(__file__).parent.parent / "fixtures" / "tiny-pack"
out.mkdir(parents=True, exist_ok=True)

bands = np.zeros((BINS, 3), np.float32)
bands[1:64, 0] = 1
bands[128:257, 1] = 1
floor = np.array([1e-3, 1e-3, 0.1 + 1e-3], np.float32)
mask_of_class = 0.05 + 0.9 * bands.T  # [3, BINS]


def graph(name, ones):
    const = lambda key, value: numpy_helper.from_array(np.asarray(value), key)
    initializers = [
        const("bands", bands), const("floor", floor), const("two", np.float32(2)),
        const("frame_axis", np.array([1], np.int64)),
    ]
    nodes = [
        helper.make_node("Mul", ["magnitudes", "magnitudes"], ["energy"]),
        helper.make_node("ReduceMean", ["energy"], ["mean_energy"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean_energy", "bands"], ["band_energy"]),
        helper.make_node("Add", ["band_energy", "floor"], ["floored"]),
        helper.make_node("Log", ["floored"], ["scores"]),
        helper.make_node("Mul", ["scores", "two"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("Mul", ["magnitudes", "zero"], ["zeros"]),
    ]
    initializers.append(const("zero", np.float32(0)))
    if ones:
        initializers.append(const("one", np.float32(1)))
        nodes.append(helper.make_node("Add", ["zeros", "one"], ["mask"]))
    else:
        initializers.append(const("mask_of_class", mask_of_class))
        nodes += [
            helper.make_node("ArgMax", ["probabilities"], ["winner"], axis=1, keepdims=0),
            helper.make_node("Gather", ["mask_of_class", "winner"], ["winner_mask"], axis=0),
            helper.make_node("Unsqueeze", ["winner_mask", "frame_axis"], ["row"]),
            helper.make_node("Add", ["zeros", "row"], ["mask"]),
        ]
    value = lambda key, shape: helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph(
            nodes, name, [value("magnitudes", ["B", FRAMES, BINS])],
            [value("probabilities", ["B", 3]), value("mask", ["B", FRAMES, BINS])], initializers,
        ),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
    )
    onnx.checker.check_model(model)
    onnx.save(model, out / f"{name}.onnx")


graph("bands", ones=False)
graph("all-ones", ones=True)
(out / "pack.json").write_text(json.dumps({
    "format": 1, "name": "tiny", "version": "1.0.0", "title": "Tiny test pack", "licence": "Apache-2.0",
    "labels": ["low", "high", "quiet"], "other": "quiet", "threshold": 0.5, "sampleRate": 16000,
    "stft": {"window": 512, "hop": 128, "bins": BINS}, "windowFrames": FRAMES, "masking": "linear",
    "methods": [
        {"name": "bands", "title": "Known bands", "graph": "bands.onnx"},
        {"name": "all-ones", "title": "All ones", "graph": "all-ones.onnx"},
    ],
}, indent=2) + "\n")
