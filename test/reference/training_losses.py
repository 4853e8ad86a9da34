"""Writes test/fixtures/training/losses.json: the training losses of L-MAC and Listen to Interpret, in PyTorch.

The terms are written down as in the published recipes: cross-entropies and the mean of the mask; binary cross-entropy
of the mask against the clean spectrum, of the windows that resemble it; mean squared error, mean activation and
cross-entropy of Listen to Interpret.

Run: python test/reference/training_losses.py   (needs: torch)
"""
import base64
import json
import pathlib

import torch
import torch.nn.functional as F

out = pathlib.Path(__file__).parent.parent / "fixtures" / "training"
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(5)
B, C, T, N, K = 4, 5, 6, 7, 3
FLOOR = 10 ** (-75 / 10) * 512 * 0.375

whole, kept_logits, rest_logits = (2 * torch.randn(B, C) for _ in range(3))
mask = torch.rand(B, T, N)
clean = torch.rand(B, T, N) ** 3 * 10
magnitudes = clean + torch.rand(B, T, N) ** 3 * torch.tensor([0.5, 20, 3, 8.0]).reshape(B, 1, 1)

winner = whole.argmax(1)
keep = F.cross_entropy(kept_logits, winner)
rest = F.cross_entropy(rest_logits, winner)
published = 4 * keep - 0.2 * rest + 1.5 * mask.mean()


def spectrum(x):
    level = (magnitudes.pow(2).mean((1, 2), keepdim=True) + FLOOR).sqrt()
    return torch.log1p(x / level)


def guided(masking, loss, threshold):
    kept = mask * magnitudes if masking == "linear" else torch.expm1(mask * torch.log1p(magnitudes))
    a, b = spectrum(clean), spectrum(kept)
    similarity = (a * b).mean((1, 2)) / (a.pow(2).mean((1, 2)).sqrt() * b.pow(2).mean((1, 2)).sqrt())
    selected = (similarity >= threshold).float()
    if loss == "bce":
        oracle = (a >= 0.35 * a.amax((1, 2), keepdim=True)).float()
        term = F.binary_cross_entropy(mask, oracle, reduction="none").mean((1, 2))
    else:
        term = (kept - clean).abs().sum((1, 2)) / clean.sum((1, 2))
    size = (mask.mean((1, 2)) * (1 - selected)).mean()
    total = 4 * keep - 0.2 * rest + 1.5 * size + 4 * (term * selected).mean()
    return {"masking": masking, "loss": loss, "threshold": threshold, "similarity": similarity.tolist(), "total": total.item()}


heard = torch.rand(B, T, N)
activity = torch.rand(B, T, K)
dictionary = torch.rand(K, N)
said = torch.randn(B, C)
reconstruction = (heard - activity @ dictionary).pow(2).mean()
fidelity = -(F.softmax(whole, 1) * F.log_softmax(said, 1)).sum(1).mean()
l2i = 10 * reconstruction + 0.8 * activity.abs().mean() + fidelity


def packed(tensor):
    array = tensor.numpy().astype("<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


tensors = dict(
    whole=whole, kept=kept_logits, rest=rest_logits, mask=mask, clean=clean, magnitudes=magnitudes,
    heard=heard, activity=activity, dictionary=dictionary, said=said,
)
(out / "losses.json").write_text(
    json.dumps(
        {
            "tensors": {name: packed(tensor) for name, tensor in tensors.items()},
            "published": published.item(),
            "guided": [
                guided("linear", "bce", 0.8),
                guided("linear", "l1", 0.8),
                guided("log1p", "bce", 0.7),
                guided("linear", "bce", 0.0),
                guided("linear", "bce", 0.999),
            ],
            "l2i": l2i.item(),
        },
        indent=1,
    )
    + "\n"
)
