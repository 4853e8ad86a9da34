"""Writes test/fixtures/graph/operators.json: operators in files of their own, and what PyTorch makes of one input.

Each case has the ONNX file (base64), its input x, PyTorch's output y, a seed of y's shape, and the gradient of sum(y * seed) by x.
Recurrent layers and STFT come from PyTorch's own exporter, the others are written as their operator sets describe them.

Run: python test/reference/graph_operators.py   (needs: torch, onnx, numpy)
"""
import base64
import io
import json
import pathlib
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
out = pathlib.Path(__file__).parent.parent / "fixtures" / "graph" / "operators.json"
cases = {}


def packed(tensor):
    array = np.asarray(tensor.detach() if torch.is_tensor(tensor) else tensor, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def add(name, file, x, compute):
    x = x.detach().double().requires_grad_()
    y = compute(x)
    seed = torch.randn(y.shape, dtype=torch.double)
    (gradient,) = torch.autograd.grad((y * seed).sum(), x)
    for item in (file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    tensors = {key: packed(value) for key, value in dict(x=x, y=y, seed=seed, gradient=gradient).items()}
    cases[name] = {"file": base64.b64encode(file.SerializeToString()).decode(), **tensors}


def exported(name, model, x):
    buffer = io.BytesIO()
    torch.onnx.export(model.eval(), (x,), buffer, opset_version=17, input_names=["x"], output_names=["y"], dynamo=False)
    add(name, onnx.load_from_string(buffer.getvalue()), x, lambda x: model.double()(x))


def written(name, opset, nodes, weights, x, compute):
    """`nodes` read x and the weights by name, and the last gives y."""
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(x.shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value.numpy() if torch.is_tensor(value) else value), key)
         for key, value in weights.items()],
    )
    add(name, helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), x, compute)


class First(nn.Module):
    """Only the outputs of a recurrent layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class Last(nn.Module):
    """Only its last states, all that there are."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        state = self.layer(x)[1]
        return torch.cat(state, 0) if isinstance(state, tuple) else state


def recurrent():
    exported("LSTM", First(nn.LSTM(3, 4)), torch.randn(6, 2, 3))
    exported("LSTM both ways, two layers", First(nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True)), torch.randn(2, 5, 3))
    exported("LSTM's last states", Last(nn.LSTM(3, 4, bidirectional=True)), torch.randn(5, 2, 3))
    exported("LSTM without biases", First(nn.LSTM(3, 4, bias=False)), torch.randn(5, 2, 3))
    exported("GRU", First(nn.GRU(3, 4)), torch.randn(6, 2, 3))
    exported("GRU both ways, two layers", First(nn.GRU(3, 4, 2, batch_first=True, bidirectional=True)), torch.randn(2, 5, 3))
    exported("GRU's last state", Last(nn.GRU(3, 4)), torch.randn(5, 2, 3))
    exported("RNN", First(nn.RNN(3, 4, nonlinearity="relu")), torch.randn(5, 2, 3))
    old_gru()


def old_gru():
    """The reset gate before the product, as Keras and the paper have it."""
    w, r, b = torch.randn(1, 12, 3) * 0.5, torch.randn(1, 12, 4) * 0.5, torch.randn(1, 24) * 0.5
    start = torch.randn(1, 2, 4)

    def compute(x):
        W, R, B = w[0].double(), r[0].double(), b[0].double()
        h, found = start[0].double(), []
        for step in x:
            heard, bias = step @ W.T + B[:12], B[12:]
            z, s = [torch.sigmoid(heard[:, k * 4:k * 4 + 4] + h @ R[k * 4:k * 4 + 4].T + bias[k * 4:k * 4 + 4]) for k in (0, 1)]
            n = torch.tanh(heard[:, 8:] + (s * h) @ R[8:].T + bias[8:])
            h = (1 - z) * n + z * h
            found.append(h)
        return torch.stack(found).unsqueeze(1)

    node = helper.make_node("GRU", ["x", "w", "r", "b", "", "start"], ["y"], hidden_size=4)
    written("GRU that resets before", 17, [node], dict(w=w, r=r, b=b, start=start), torch.randn(5, 2, 3), compute)


class Spectrum(nn.Module):
    def forward(self, x):
        window = torch.hann_window(16, dtype=x.dtype)
        return torch.view_as_real(torch.stft(x, 16, 4, window=window, center=False, return_complex=True))


def fourier():
    class Exported(nn.Module):
        def forward(self, x):
            return torch.stft(x, 16, 4, window=torch.hann_window(16), center=False, return_complex=False)

    buffer = io.BytesIO()
    x = torch.randn(2, 50)
    torch.onnx.export(Exported(), (x,), buffer, opset_version=17, input_names=["x"], output_names=["y"], dynamo=False)
    add("STFT", onnx.load_from_string(buffer.getvalue()), x, Spectrum())
    pairs = lambda value: torch.view_as_real(value)
    one = helper.make_node("DFT", ["x"], ["y"], axis=1, onesided=1)
    written("DFT of real numbers, one side", 17, [one], {}, torch.randn(2, 9, 1), lambda x: pairs(torch.fft.rfft(x[..., 0], dim=1)))
    both = helper.make_node("DFT", ["x", "length", "axis"], ["y"])
    written("DFT of complex numbers, longer", 20, [both], dict(length=np.int64(8), axis=np.int64(1)), torch.randn(2, 6, 3, 2),
            lambda x: pairs(torch.fft.fft(torch.view_as_complex(x), n=8, dim=1)))
    back = helper.make_node("DFT", ["x"], ["y"], inverse=1)
    written("DFT back", 20, [back], {}, torch.randn(2, 7, 2), lambda x: pairs(torch.fft.ifft(torch.view_as_complex(x), dim=1)))
    nodes = [helper.make_node("HannWindow", ["size"], ["window"]),
             helper.make_node("STFT", ["x", "step", "window"], ["y"])]
    written("STFT with a window of the graph", 17, nodes, dict(size=np.int64(16), step=np.int64(4)), torch.randn(2, 50, 1),
            lambda x: Spectrum()(x[..., 0]).transpose(1, 2))


def norms_and_activations():
    x = torch.randn(2, 6, 5, 3)
    for opset, size in ((18, 2), (21, 6)):
        scale, bias = torch.randn(size), torch.randn(size)
        node = helper.make_node("GroupNormalization", ["x", "scale", "bias"], ["y"], num_groups=2, epsilon=1e-3)
        wide = lambda v: v.double().repeat_interleave(6 // size)
        written(f"GroupNormalization of set {opset}", opset, [node], dict(scale=scale, bias=bias), x,
                lambda x: F.group_norm(x, 2, wide(scale), wide(bias), 1e-3))
    scale = torch.randn(5, 3)
    node = helper.make_node("RMSNormalization", ["x", "scale"], ["y"], axis=2, epsilon=1e-3)
    written("RMSNormalization", 23, [node], dict(scale=scale), x, lambda x: F.rms_norm(x, (5, 3), scale.double(), 1e-3))
    written("Mish", 18, [helper.make_node("Mish", ["x"], ["y"])], {}, x * 3, F.mish)
    written("Swish", 24, [helper.make_node("Swish", ["x"], ["y"], alpha=1.5)], {}, x * 3, lambda x: x * torch.sigmoid(1.5 * x))
    written("Mod", 17, [helper.make_node("Mod", ["x", "by"], ["y"], fmod=1)], dict(by=np.float32(0.7)), x * 3,
            lambda x: torch.fmod(x, 0.7))


def attention():
    def heads(x, count):
        return x.double().reshape(x.shape[0], x.shape[1], count, -1).transpose(1, 2)

    # Four heads ask, two are heard.
    x = torch.randn(2, 4, 8)
    key, value = torch.randn(2, 4, 4), torch.randn(2, 4, 6)

    def grouped(x):
        return F.scaled_dot_product_attention(heads(x, 4), heads(key, 2).repeat_interleave(2, 1), heads(value, 2).repeat_interleave(2, 1),
                                              is_causal=True).transpose(1, 2).reshape(2, 4, -1)

    node = helper.make_node("Attention", ["x", "key", "value"], ["y"], q_num_heads=4, kv_num_heads=2, is_causal=1)
    written("Attention, grouped and causal", 23, [node], dict(key=key, value=value), x, grouped)
    x = torch.randn(2, 3, 4, 5)
    mask = np.random.default_rng(1).random((4, 4)) < 0.7
    mask[:, 0] = True
    node = helper.make_node("Attention", ["x", "x", "x", "mask"], ["y"], scale=0.3)
    written("Attention to itself with a mask", 23, [node], dict(mask=mask), x,
            lambda x: F.scaled_dot_product_attention(x, x, x, torch.tensor(mask), scale=0.3))
    bias = torch.randn(3, 4, 4)
    node = helper.make_node("Attention", ["x", "x", "x", "bias"], ["y"], softcap=2.0)

    def capped(x):
        scores = 2 * torch.tanh(x @ x.transpose(2, 3) / 5**0.5 / 2)
        return torch.softmax(scores + bias.double(), -1) @ x

    written("Attention, capped and biased", 24, [node], dict(bias=bias), x, capped)


def sums_and_places():
    other = torch.randn(2, 3, 5, 4)
    for equation, weights, x in (
        ("bhid,bhjd->bhij", [other], torch.randn(2, 3, 6, 4)),
        ("btf,fc->btc", [torch.randn(4, 5)], torch.randn(2, 3, 4)),
        ("nchw,cd->ndhw", [torch.randn(3, 5)], torch.randn(2, 3, 4, 5)),
        ("abc,cbd->ad", [torch.randn(4, 3, 5)], torch.randn(2, 3, 4)),
        ("abc->ca", [], torch.randn(2, 3, 4)),
        ("ab,bc,cd->ad", [torch.randn(3, 4), torch.randn(4, 5)], torch.randn(2, 3)),
        ("i,j", [torch.randn(4)], torch.randn(3)),
    ):
        names = [f"w{k}" for k in range(len(weights))]
        node = helper.make_node("Einsum", ["x", *names], ["y"], equation=equation)
        written(f"Einsum {equation}", 17, [node], dict(zip(names, weights)), x,
                lambda x, e=equation, w=weights: torch.einsum(e, x, *[each.double() for each in w]))
    places = np.array([[0, 1], [1, 2], [0, 1]])
    node = helper.make_node("GatherND", ["x", "places"], ["y"])
    written("GatherND", 17, [node], dict(places=places), torch.randn(2, 3, 4), lambda x: x[places[:, 0], places[:, 1]])


torch.manual_seed(4)
recurrent()
fourier()
norms_and_activations()
attention()
sums_and_places()
out.write_text(json.dumps(cases, indent=1) + "\n")
print(len(cases), "cases,", out.stat().st_size, "bytes")
