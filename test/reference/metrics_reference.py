"""Writes test/fixtures/evaluation/metrics.json: the metrics of explanations as their reference implementations have them.

masks    SPS and COMP by Quantus itself (Sparseness and Complexity with their defaults)
answers  AI, AD, AG, FF and Fid-In of three softmax outputs, in PyTorch as SpeechBrain's ESC50 interpretability recipe
         computes them: interpreter_brain.py is given probabilities (softmax was applied before) and its compute_AD
         applies softmax to them once more. "ad" is the same without that.

Run: python test/reference/metrics_reference.py   (needs: quantus, torch, numpy)
"""
import json
import pathlib

import numpy as np
import quantus
import torch
import torch.nn.functional as F

out = pathlib.Path(__file__).parent.parent / "fixtures" / "evaluation"
out.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)
TIME, FREQUENCY = 12, 17
EPSILON = 1e-10


def masks():
    uniform = random.uniform(0, 1, (TIME, FREQUENCY))
    return {
        "uniform": uniform,
        "sparse": uniform**12,
        "binary": (uniform > 0.8).astype(float),
        "low": 0.01 * uniform,
        "one bin": np.eye(1, TIME * FREQUENCY, 40).reshape(TIME, FREQUENCY),
    }


def quantus_scores(mask):
    attribution = mask.astype(np.float32)[None, None]
    given = dict(model=None, x_batch=np.ones_like(attribution), y_batch=np.zeros(1, int))
    options = dict(disable_warnings=True, display_progressbar=False)
    sparseness = quantus.Sparseness(**options)(a_batch=attribution.copy(), **given)
    complexity = quantus.Complexity(**options)(a_batch=attribution.copy(), **given)
    return {"sps": float(sparseness[0]), "comp": float(complexity[0])}


def recipe_metrics(whole, kept, rest):
    winner = whole.argmax(1, keepdim=True)
    of_winner = lambda values: torch.gather(values, 1, winner).squeeze(1)
    p, o = of_winner(whole), of_winner(kept)
    twice_p, twice_o = of_winner(F.softmax(whole, 1)), of_winner(F.softmax(kept, 1))
    return {
        "ai": (p < o).double() * 100,
        "ad": F.relu(p - o) / (p + EPSILON) * 100,
        "adPublished": F.relu(twice_p - twice_o) / (twice_p + EPSILON) * 100,
        "ag": F.relu(o - p) / (1 - p + EPSILON) * 100,
        "ff": p - of_winner(rest),
        "fidIn": (kept.argmax(1, keepdim=True) == winner).double().squeeze(1),
    }


CLASSES, COUNT = 50, 24
logits = torch.from_numpy(random.normal(0, 3, (3, COUNT, CLASSES)))
# The first half of the masks keep the class: what is kept resembles the whole.
logits[1, : COUNT // 2] = logits[0, : COUNT // 2] + 0.5 * logits[1, : COUNT // 2]
whole, kept, rest = F.softmax(logits, 2)
metrics = recipe_metrics(whole, kept, rest)
fixture = {
    "versions": {"quantus": quantus.__version__},
    "masks": [
        {"name": name, "values": np.float32(mask).ravel().tolist(), **quantus_scores(mask)}
        for name, mask in masks().items()
    ],
    "answers": [
        {
            "whole": whole[k].tolist(),
            "kept": kept[k].tolist(),
            "rest": rest[k].tolist(),
            "metrics": {name: float(values[k]) for name, values in metrics.items()},
        }
        for k in range(COUNT)
    ],
}
(out / "metrics.json").write_text(json.dumps(fixture) + "\n")
