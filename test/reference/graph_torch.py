"""Writes test/fixtures/graph/: networks, inputs and gradients as PyTorch computes them.

classifier.json        a small classifier in training form: weights, loss, gradients, running statistics, AdamW steps
exported-*.onnx/.json  PyTorch's own exports of a frozen network (both exporters), outputs and input gradient

Run: python test/reference/graph_torch.py   (needs: torch, onnx, onnxscript, numpy)
"""
import base64
import json
import pathlib
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

warnings.simplefilter("ignore")
out = pathlib.Path(__file__).parent.parent / "fixtures" / "graph"
out.mkdir(parents=True, exist_ok=True)


def without_notes(path):
    """The exporter notes the source line of every node, with the folders of whoever ran it."""
    model = onnx.load(path)
    for item in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    onnx.save(model, path)


def packed(tensor):
    array = tensor.detach().numpy().astype("<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def write(name, tensors):
    text = json.dumps({key: packed(value) for key, value in tensors.items()}, indent=1)
    (out / name).write_text(text + "\n")


def classifier():
    torch.manual_seed(1)
    p = {
        "conv1.weight": torch.randn(6, 1, 3, 3) * 0.5,
        "norm1.scale": torch.rand(6) + 0.5,
        "norm1.offset": torch.randn(6) * 0.2,
        "depthwise.weight": torch.randn(6, 1, 3, 3) * 0.5,
        "pointwise.weight": torch.randn(8, 6, 1, 1) * 0.5,
        "norm2.scale": torch.rand(8) + 0.5,
        "norm2.offset": torch.randn(8) * 0.2,
        "conv3.weight": torch.randn(8, 8, 3, 3) * 0.2,
        "conv3.bias": torch.randn(8) * 0.2,
        "dense.weight": torch.randn(8, 4) * 0.5,
        "dense.bias": torch.randn(4) * 0.2,
    }
    p = {key: nn.Parameter(value) for key, value in p.items()}
    x = torch.randn(5, 1, 17, 14, requires_grad=True)
    targets = torch.softmax(torch.randn(5, 4) * 2, 1)
    statistics = {}

    def loss_of(track):
        def norm(h, name):
            mean, variance = torch.zeros(h.shape[1]), torch.ones(h.shape[1])
            h = F.batch_norm(h, mean, variance, p[f"{name}.scale"], p[f"{name}.offset"], True, 0.1, 1e-5)
            if track:
                statistics[f"{name}.mean"] = mean
            return h

        h = F.relu(norm(F.conv2d(x, p["conv1.weight"], stride=(2, 1), padding=1), "norm1"))
        h = F.max_pool2d(h, 2)
        h = F.conv2d(h, p["depthwise.weight"], padding=1, groups=6)
        h = F.hardswish(norm(F.conv2d(h, p["pointwise.weight"]), "norm2"))
        h = h + F.conv2d(h, p["conv3.weight"], p["conv3.bias"], padding=2, dilation=2)
        h = F.max_pool2d(h, 3, 2, 1)
        logits = h.mean((2, 3)) @ p["dense.weight"] + p["dense.bias"]
        return F.cross_entropy(logits, targets)

    loss = loss_of(True)
    grads = torch.autograd.grad(loss, [x, *p.values()])
    tensors = {"x": x, "targets": targets, "loss": loss.reshape(1), **p}
    tensors.update({f"statistics.{key}": value for key, value in statistics.items()})
    tensors.update({f"gradient.{key}": value.clone() for key, value in zip(["x", *p], grads)})
    tensors = {key: value.detach().clone() for key, value in tensors.items()}

    optimiser = torch.optim.AdamW(p.values(), lr=0.02, weight_decay=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        loss_of(False).backward()
        optimiser.step()
    tensors.update({f"after.{key}": value for key, value in p.items()})
    write("classifier.json", tensors)


class Network(nn.Module):
    """Things that exporters write in several nodes: reflecting pads, flattening by sizes, interpolation, SiLU."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.SiLU())
        self.depthwise = nn.Conv2d(6, 6, 5, padding=2, groups=6)
        self.norm = nn.GroupNorm(2, 6)
        self.down = nn.Conv2d(6, 8, 3, 2, 1)
        self.up = nn.ConvTranspose2d(8, 6, 2, 2)
        self.attention = nn.Linear(6, 6)
        self.dense = nn.Linear(36, 5)

    def forward(self, x):
        x = self.stem(x[:, None])
        y = F.leaky_relu(self.norm(self.depthwise(x)), 0.1)
        z = F.gelu(self.down(y))
        y = y + self.up(z) * torch.sigmoid(F.interpolate(z, scale_factor=2.0, mode="bilinear")[:, :6])
        y = F.interpolate(y, size=(9, 7), mode="nearest")
        rows = y.mean(3).permute(0, 2, 1)
        weights = torch.softmax(self.attention(rows) @ rows.transpose(1, 2) / 6**0.5, -1)
        rows = (weights @ rows).permute(0, 2, 1)
        pooled = F.avg_pool1d(F.pad(rows, (1, 2), mode="reflect"), 2)
        return F.log_softmax(self.dense(F.dropout(pooled.reshape(x.shape[0], -1), training=False)), 1)


def exported():
    torch.manual_seed(2)
    network = Network()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    network.eval()
    x = torch.randn(2, 16, 12, requires_grad=True)
    y = network(x)
    seed = torch.randn_like(y)
    (gradient,) = torch.autograd.grad((y * seed).sum(), x)
    write("exported.json", {"x": x, "y": y, "seed": seed, "gradient": gradient})
    options = {"input_names": ["x"], "output_names": ["y"]}
    for opset in (12, 17):
        torch.onnx.export(network, (x,), str(out / f"exported-{opset}.onnx"), dynamo=False, opset_version=opset,
                          dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}}, **options)
    torch.onnx.export(network, (x,), str(out / "exported-dynamo.onnx"), dynamo=True, external_data=False,
                      opset_version=20, dynamic_shapes={"x": {0: torch.export.Dim("batch", min=1, max=64)}}, **options)
    without_notes(out / "exported-dynamo.onnx")


classifier()
exported()
