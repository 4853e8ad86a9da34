"""Writes test/fixtures/methods/captum.json: attributions of a tiny classifier as Captum computes them.

The classifier hears magnitudes [B, 12, 17] through eight mel-like bands and a logarithm; two convolutions, ReLUs, a
pooling and a dense layer follow. Every method is there with respect to the magnitudes ("spectrogram.") and to the
log bands ("features."). Noise and places of the sampled methods are stored, so that both sides use the same.

Run: python test/reference/methods_captum.py   (needs: torch, captum, numpy)
"""
import base64
import json
import pathlib
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import (
    GradientShap,
    GuidedBackprop,
    GuidedGradCam,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Saliency,
)
from torch import nn

FRAMES, BINS, MELS, CLASSES, FLOOR = 12, 17, 8, 3, 1e-3
STEPS, SAMPLES, LEVEL = 16, 8, 0.1
out = pathlib.Path(__file__).parent.parent / "fixtures" / "methods"
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(4)

centres = torch.linspace(0.5, 4.0, MELS).exp()
centres = 1 + (BINS - 3) * (centres - centres[0]) / (centres[-1] - centres[0])
bands = torch.relu(1 - (torch.arange(BINS)[:, None] - centres).abs() / 2.5)
bands = bands / bands.sum(0)
to_bins = bands.T / bands.T.sum(0).clamp_min(1e-6)


class Features(nn.Module):
    def forward(self, magnitudes):
        return torch.log(magnitudes**2 @ bands + FLOOR)[:, None]


class Network(nn.Module):
    """On log bands [B, 1, T, MELS]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(4, 6, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.dense = nn.Linear(6, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(self.relu1(self.conv1(x)), 2)
        return self.dense(self.relu2(self.conv2(x)).mean((2, 3)))


features, network = Features(), Network()
with torch.no_grad():
    network.dense.weight *= 4
whole = nn.Sequential(features, network).eval()
magnitudes = torch.randn(2, FRAMES, BINS).abs() * torch.linspace(2, 0.2, BINS)
targets = torch.tensor([2, 0])
noise = {
    "spectrogram": torch.randn(SAMPLES, FRAMES, BINS),
    "features": torch.randn(SAMPLES, 1, FRAMES, MELS),
}
places = torch.rand(SAMPLES)
tensors = {
    "bands": bands,
    "toBins": to_bins,
    **{name: value for name, value in network.named_parameters()},
    "magnitudes": magnitudes,
    "targets": targets.float(),
    "places": places,
    "probabilities": torch.softmax(whole(magnitudes), 1),
    **{f"noise.{place}": value for place, value in noise.items()},
}


def cam(layer, size):
    """GradCAM of a layer's output, interpolated to the features: [2, 1, time, frequency]."""
    picture = LayerGradCam(network, layer).attribute(features(magnitudes), targets, relu_attributions=True)
    return LayerAttribution.interpolate(picture, size, "bilinear")


def sampled(place, model, point, silent, possible):
    """Captum adds the same noise to every window; each window has a deviation of its own, so one at a time."""
    smooth, shap = [], []
    for window, target in zip(point, targets):
        window = window[None]
        deviation = float(LEVEL * (window.max() - window.min()))
        with mock.patch("torch.normal", lambda mean, deviations: noise[place] * deviations):
            # The gradient is that at |X + noise|: the sign that the absolute value brings along is gone in Saliency.
            forward = lambda x: model(possible(x))
            smooth.append(
                NoiseTunnel(Saliency(forward)).attribute(
                    window, nt_type="smoothgrad", nt_samples=SAMPLES, stdevs=deviation, target=int(target)
                )
            )
        baselines = possible(silent + deviation * noise[place])
        with mock.patch("numpy.random.choice", lambda *_: np.arange(SAMPLES)), mock.patch(
            "numpy.random.uniform", lambda *_: places.numpy()
        ):
            shap.append(
                GradientShap(model).attribute(window, baselines, n_samples=SAMPLES, stdevs=0.0, target=int(target))
            )
    tensors[f"{place}.smoothgrad"] = torch.cat(smooth)
    tensors[f"{place}.shap"] = torch.cat(shap)


def point_methods(place, model, point, silent):
    point = point.detach().requires_grad_()
    tensors[f"{place}.saliency"] = Saliency(model).attribute(point, targets)
    ig = IntegratedGradients(model)
    baseline = torch.full_like(point, silent)
    tensors[f"{place}.ig"] = ig.attribute(point, baseline, targets, n_steps=STEPS, method="gausslegendre")
    tensors[f"{place}.guided-backprop"] = GuidedBackprop(model).attribute(point, targets)


log_bands, silent = features(magnitudes), float(np.log(FLOOR))
point_methods("spectrogram", whole, magnitudes, 0.0)
point_methods("features", network, log_bands, silent)
sampled("spectrogram", whole, magnitudes, 0.0, torch.abs)
sampled("features", network, log_bands, silent, lambda x: x)

for index, layer in enumerate([network.relu1, network.relu2]):
    picture = cam(layer, (FRAMES, MELS))
    tensors[f"features.gradcam.{index}"] = picture
    tensors[f"spectrogram.gradcam.{index}"] = (picture @ to_bins)[:, 0]
tensors["features.guided-gradcam"] = GuidedGradCam(network, network.relu2).attribute(
    log_bands.detach().requires_grad_(), targets, interpolate_mode="bilinear"
)
tensors["spectrogram.guided-gradcam"] = (
    tensors["spectrogram.guided-backprop"] * tensors["spectrogram.gradcam.1"]
)


def packed(tensor):
    array = tensor.detach().numpy().astype("<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


text = json.dumps({key: packed(value) for key, value in tensors.items()}, indent=1)
(out / "captum.json").write_text(text + "\n")
