"""Writes test/fixtures/foreign/: classifiers as other people export them, and what PyTorch says of a few inputs.

mel44.onnx/.json/.front.json   a small CNN on log-mel in decibels at 44.1 kHz, [1, 1, mel, time], batch fixed, softmax
wave16.onnx/.json/.front.json  a 1-D CNN on the waveform at 16 kHz, [batch, 1, samples], logits
mel44-*.onnx                   the first in half precision (its weights), quantised to int8 (QDQ), with its weights beside it
cnn14.onnx/.json               CNN14 with the decoder of transposed convolutions, both of the published layout
                               (arXiv 1912.10211 and 2403.13086), narrow and with random weights

The first two learn to tell made-up chords by their pitch, and noise.

Run: python test/reference/foreign_classifiers.py   (needs: torch, onnx, librosa, numpy,
onnxruntime, onnxconverter-common)
"""
import base64
import json
import pathlib
import warnings

import librosa
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnxconverter_common import float16
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
out = pathlib.Path(__file__).parent.parent / "fixtures" / "foreign"
out.mkdir(parents=True, exist_ok=True)

LABELS = ["low", "middle", "high", "noise"]
FUNDAMENTALS = [150, 520, 1800]


def chord(fundamental, seconds, rate):
    """Three tones that swell and fade four times a second, as in test/lab/data/made-up-esc50.ts."""
    t = np.arange(round(seconds * rate)) / rate
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t)
    return 0.1 * swell * sum(np.sin(2 * np.pi * h * fundamental * t) for h in (1, 2, 3))


def sound(random, label, seconds, rate):
    samples = 0.02 * random.standard_normal(round(seconds * rate))
    if label < 3:
        fundamental = FUNDAMENTALS[label] * 2 ** random.uniform(-0.4, 0.4)
        start = random.integers(rate)
        samples = 0.3 * samples + chord(fundamental, seconds + 1, rate)[start : start + len(samples)]
    else:
        samples = samples * 3
    return samples * 10 ** (random.uniform(-20, 0) / 20)


def save(model, example, name, inputs, outputs, dynamic=None):
    path = out / name
    torch.onnx.export(model.eval(), example, path, opset_version=17, input_names=inputs, output_names=outputs,
                      dynamic_axes=dynamic, dynamo=False)
    file = onnx.load(path)
    for item in (file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    onnx.save(file, path)


def packed(tensor):
    array = np.asarray(tensor.detach() if torch.is_tensor(tensor) else tensor, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def write(name, tensors):
    text = json.dumps({key: packed(value) for key, value in tensors.items()}, indent=1)
    (out / name).write_text(text + "\n")


def train(model, features, rate, seconds, steps, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for step in range(steps):
        labels = random.integers(4, size=24)
        x = torch.tensor(np.stack([sound(random, label, seconds, rate) for label in labels]), dtype=torch.float32)
        loss = F.cross_entropy(model(features(x)), torch.tensor(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()
    labels = np.repeat(np.arange(4), 25)
    x = torch.tensor(np.stack([sound(random, label, seconds, rate) for label in labels]), dtype=torch.float32)
    right = (model(features(x)).argmax(1).numpy() == labels).mean()
    print(f"{type(model).__name__}: loss {loss.item():.3f}, {100 * right:.0f} % right")


# ---- log-mel at 44.1 kHz --------------------------------------------------------------------------------------------

MEL = dict(input="mel", sampleRate=44100, nFft=1024, hop=512, nMels=40, fMin=50, fMax=16000, melScale="htk",
           melNorm="none", log="db", floor=1e-10, mean=-10, std=25, layout="B1FT")
MEL_FRAMES = 86


class Mel44(nn.Module):
    def __init__(self, widths=(8, 12, 16, 24)):
        super().__init__()
        layers, before = [], 1
        for width in widths:
            layers += [nn.Conv2d(before, width, 3, 2, 1), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(before, 4)

    def forward(self, x):
        x = self.body(x)
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class WithSoftmax(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return F.softmax(self.model(x), dim=1)


FILTERS = torch.tensor(librosa.filters.mel(sr=44100, n_fft=1024, n_mels=40, fmin=50, fmax=16000, htk=True, norm=None))


def decibels(samples):
    spectrum = torch.stft(samples, 1024, 512, window=torch.hann_window(1024), center=False, return_complex=True)
    mel = FILTERS @ spectrum.abs().square()
    return ((10 * torch.log10(mel.clamp(min=1e-10)) + 10) / 25).unsqueeze(1)


def mel44():
    samples = (MEL_FRAMES - 1) * 512 + 1024
    model = Mel44()
    train(model, decibels, 44100, samples / 44100, 150, 1)
    save(WithSoftmax(model), torch.zeros(1, 1, 40, MEL_FRAMES), "mel44.onnx", ["mel"], ["probabilities"])
    (out / "mel44.front.json").write_text(json.dumps(MEL, indent=1) + "\n")
    x = torch.tensor(np.stack([chord(f, samples / 44100, 44100) for f in FUNDAMENTALS]), dtype=torch.float32)
    picture = decibels(x).requires_grad_()
    logits = model(picture)
    logits.max(1).values.sum().backward()
    write("mel44.json", {"logits": logits, "picture": picture[:1], "gradient": picture.grad[:1]})


# ---- the same in other clothes ---------------------------------------------------------------------------------------

class Calibration(CalibrationDataReader):
    def __init__(self):
        random = np.random.default_rng(5)
        sounds = np.stack([sound(random, k % 4, 44544 / 44100, 44100)[:44544] for k in range(16)])
        self.items = iter(decibels(torch.tensor(sounds, dtype=torch.float32)).numpy())

    def get_next(self):
        item = next(self.items, None)
        return None if item is None else {"mel": item[None]}


def variants():
    plain = onnx.load(out / "mel44.onnx")
    onnx.save(float16.convert_float_to_float16(plain, keep_io_types=True), out / "mel44-half.onnx")
    quantize_static(out / "mel44.onnx", out / "mel44-qdq.onnx", Calibration(), quant_format=QuantFormat.QDQ,
                    per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    onnx.save(onnx.load(out / "mel44.onnx"), out / "mel44-external.onnx", save_as_external_data=True,
              location="mel44-external.bin", size_threshold=256)


# ---- waveform at 16 kHz ---------------------------------------------------------------------------------------------

WAVE = dict(input="waveform", sampleRate=16000, samples=8192, normalise="window")


class Wave16(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(1, 16, 64, 8, 28), nn.BatchNorm1d(16), nn.ReLU(),
            nn.Conv1d(16, 24, 8, 4, 2), nn.BatchNorm1d(24), nn.ReLU(),
            nn.Conv1d(24, 32, 8, 4, 2), nn.BatchNorm1d(32), nn.ReLU(),
        )
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.body(x).mean(2))


def normalised(samples):
    centred = samples - samples.mean(1, keepdim=True)
    return (centred / (centred.square().mean(1, keepdim=True).sqrt() + 1e-5)).unsqueeze(1)


def wave16():
    model = Wave16()
    train(model, normalised, 16000, 8192 / 16000, 250, 2)
    save(model, torch.zeros(1, 1, 8192), "wave16.onnx", ["samples"], ["logits"],
         {"samples": {0: "batch", 2: "length"}, "logits": {0: "batch"}})
    (out / "wave16.front.json").write_text(json.dumps(WAVE, indent=1) + "\n")
    x = torch.tensor(np.stack([chord(f, 8192 / 16000, 16000) for f in FUNDAMENTALS]), dtype=torch.float32)
    x = normalised(x).requires_grad_()
    logits = model(x)
    logits.max(1).values.sum().backward()
    write("wave16.json", {"logits": logits, "gradient": x.grad[:1]})


# ---- CNN14 and its decoder ------------------------------------------------------------------------------------------

class Block(nn.Module):
    def __init__(self, before, width):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(before, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))
        self.two = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x, pool):
        return F.avg_pool2d(F.relu(self.two(F.relu(self.one(x)))), pool)


class Cnn14WithDecoder(nn.Module):
    """Mel [B, T, 80] to logits [B, 50] and mask logits on the STFT."""

    # Input (as a share of `dim`), output, kernel, stride and padding of the nine transposed convolutions.
    DECODER = [
        (1, 1, 3, (2, 4), 1), (2, 1, 3, (2, 4), 1), (1, 1, (7, 4), (2, 4), 1), (4, 1, (5, 4), (2, 4), 1),
        (1, 2, (3, 5), (2, 2), 1), (8, 2, (3, 3), (2, 4), 1), (2, 4, (4, 3), (2, 2), (0, 5)),
        (4, 8, (3, 4), (2, 2), (0, 2)), (8, 0, (1, 5), (1, 4), 0),
    ]

    def __init__(self, dim=16, mels=80, classes=50):
        super().__init__()
        widths = [2, 2, dim // 8, dim // 4, dim // 2, dim]
        self.norm = nn.BatchNorm2d(mels)
        self.blocks = nn.ModuleList(Block(a, b) for a, b in zip([1, *widths], widths))
        self.head = nn.Linear(dim, classes)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(dim // a, dim // b if b else 1, kernel, stride, padding)
            for a, b, kernel, stride, padding in self.DECODER
        )

    def forward(self, mel):
        x = self.norm(mel.unsqueeze(1).transpose(1, 3)).transpose(1, 3)
        taken = []
        for depth, block in enumerate(self.blocks):
            x = block(x, (1, 1) if depth == 5 else (2, 2))
            taken.append(x)
        over_time = x.mean(3)
        logits = self.head(over_time.max(2).values + over_time.mean(2))
        u = self.up
        h = F.relu(u[0](taken[5])) + F.relu(u[1](taken[4]))
        h = F.relu(u[2](h)) + F.relu(u[3](taken[3]))
        h = F.relu(u[4](h)) + F.relu(u[5](taken[2]))
        return logits, u[8](u[7](F.relu(u[6](h))))


def cnn14():
    torch.manual_seed(3)
    model = Cnn14WithDecoder()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.6)
            nn.init.normal_(module.bias, 0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.4, 1.2)
        elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight)
    model.eval()
    mel = torch.rand(1, 73, 80) * 3
    save(model, mel, "cnn14.onnx", ["mel"], ["logits", "mask"],
         {"mel": {0: "batch"}, "logits": {0: "batch"}, "mask": {0: "batch"}})
    mel.requires_grad_()
    logits, mask = model(mel)
    by_logit = torch.autograd.grad(logits[:, 7].sum(), mel, retain_graph=True)[0]
    by_mask = torch.autograd.grad(mask.sigmoid().mean(), mel)[0]
    write("cnn14.json", {"mel": mel, "logits": logits, "mask": mask[:, :, ::8, ::8], "byLogit": by_logit, "byMask": by_mask})
    print("mask", tuple(mask.shape))


mel44()
variants()
wave16()
cnn14()
