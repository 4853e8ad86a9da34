"""How much the teacher itself knows: a linear classifier, of independent classes, on what YAMNet hears of ESC-50's folds 1 to 3.

    pip install numpy scipy soundfile onnxruntime
    python3 linear-probe.py --teacher yamnet.onnx --data ESC-50 --other other --urban UrbanSound8K

Prints, for fold 4: clips right by the mean over a clip, and the share of windows of known classes in which some class is
believed, with one threshold for all, where 10 % of the windows of unknown sounds are taken for something. The unknown are
those of evaluate: a third of the other sounds (lab/data/unknown-sounds.ts) and UrbanSound8K's classes that ESC-50 has not.
"""

import argparse
import csv
import re
from math import gcd
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from scipy.signal import resample_poly

RATE, WINDOW, HOP, STEP, FRAMES = 16000, 400, 160, 5120, 96
PATCH = 15600
QUIET = 1e-4
URBAN_UNKNOWN = {"air_conditioner", "children_playing", "drilling", "gun_shot", "jackhammer"}
UNKNOWN = -1
ROOT = Path(__file__).parents[2]


def mel(hertz):
    return 1127 * np.log1p(hertz / 700)


def bands():
    bins = mel(np.linspace(0, RATE / 2, 257))[:, None]
    edges = np.linspace(mel(125), mel(7500), 66)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0
    return weights


HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
BANDS = bands()


def patches(path):
    samples, rate = soundfile.read(path, always_2d=True)
    common = gcd(rate, RATE)
    sound = resample_poly(samples.mean(1), RATE // common, rate // common)
    for start in range(0, max(1, len(sound) - PATCH + 1), STEP):
        window = sound[start : start + PATCH]
        window = np.pad(window, (0, PATCH - len(window)))
        if np.sqrt(np.mean(window**2)) < QUIET:
            continue
        frames = np.lib.stride_tricks.sliding_window_view(window, WINDOW)[::HOP][:FRAMES]
        yield np.log(np.abs(np.fft.rfft(frames * HANN, 512)) @ BANDS + 0.001)


class Hearing:
    """What YAMNet hears of sounds: the roots of its scores and of what its last layer reads, a row for each window."""

    def __init__(self, teacher):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(teacher, options)
        self.rows, self.labels, self.kinds, self.clips = [], [], [], []

    def add(self, path, label, kind):
        heard = list(patches(path))
        if not heard:
            return
        scores, embedding = self.session.run(["scores", "embedding"], {"patches": np.float32(heard)})
        self.rows.extend(np.sqrt(np.concatenate([scores, embedding], 1)))
        self.labels += [label] * len(heard)
        self.kinds += [kind] * len(heard)
        self.clips += [path.name] * len(heard)


def listed(name):
    text = (ROOT / "lab/data/unknown-sounds.ts").read_text()
    block = re.search(name + r".*?\{(.*?)^\}", text, re.S | re.M).group(1)
    return {quoted or plain for quoted, plain in re.findall(r'^  (?:"([^"]+)"|(\w+)):', block, re.M)}


def trained(x, y, classes, steps=400, batch=4096, rate=3e-3, decay=0.03, dropout=0.3):
    random = np.random.default_rng(0)
    weights, bias = np.zeros((x.shape[1], classes), np.float32), np.full(classes, -4, np.float32)
    moments = [[0, 0], [0, 0]]
    for step in range(1, steps + 1):
        chosen = random.integers(0, len(x), batch)
        heard = x[chosen] * (random.random((batch, x.shape[1]), np.float32) > dropout) / (1 - dropout)
        wrong = (1 / (1 + np.exp(-(heard @ weights + bias))) - y[chosen]) / batch
        now = rate * (1 - step / (steps + 1))
        for k, gradient in enumerate([heard.T @ wrong, wrong.sum(0)]):
            moments[k][0] = 0.9 * moments[k][0] + 0.1 * gradient
            moments[k][1] = 0.999 * moments[k][1] + 0.001 * gradient**2
            first, second = moments[k][0] / (1 - 0.9**step), moments[k][1] / (1 - 0.999**step)
            change = now * first / (np.sqrt(second) + 1e-8)
            if k == 0:
                weights -= change + 100 * decay * now * weights
            else:
                bias -= change
    return weights, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["teacher", "data", "other", "urban"]:
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    hearing = Hearing(given.teacher)
    esc50, urban = Path(given.data), Path(given.urban)
    for clip in csv.DictReader(open(esc50 / "meta/esc50.csv")):
        path = esc50 / "audio" / clip["filename"]
        if path.exists() and clip["fold"] != "5":
            hearing.add(path, int(clip["target"]), "test" if clip["fold"] == "4" else "train")
    unknown, spared = listed("UNKNOWN_SOUNDS"), listed("SPARED_SOUNDS")
    for path in sorted(Path(given.other).glob("*.wav")):
        if path.stem not in spared:
            hearing.add(path, UNKNOWN, "unknown" if path.stem in unknown else "train")
    for clip in csv.DictReader(open(urban / "metadata/UrbanSound8K.csv")):
        path = urban / "audio" / f"fold{clip['fold']}" / clip["slice_file_name"]
        if path.exists() and (clip.get("class") or clip.get("class_name")) in URBAN_UNKNOWN:
            hearing.add(path, UNKNOWN, "unknown")

    x, labels = np.float32(hearing.rows), np.array(hearing.labels)
    kinds, clips = np.array(hearing.kinds), np.array(hearing.clips)
    train, test, strange = (kinds == kind for kind in ["train", "test", "unknown"])
    x = (x - x[train].mean(0)) / (x[train].std(0) + 0.01)
    y = np.float32(labels[:, None] == np.arange(50))
    weights, bias = trained(x[train], y[train], 50)
    odds = x @ weights + bias
    sure = odds.max(1)
    right = odds.argmax(1) == labels
    of_clip = [
        (1 / (1 + np.exp(-odds[clips == clip]))).mean(0).argmax() == labels[clips == clip][0]
        for clip in np.unique(clips[test])
    ]
    accepted = sure >= np.quantile(sure[strange], 0.9)
    print(f"fold 4: {np.mean(of_clip):.1%} of {len(of_clip)} clips right, {right[test].mean():.1%} of {test.sum()} windows")
    print(
        f"where 10 % of {strange.sum()} unknown windows are taken: {accepted[test].mean():.1%} of the known accepted, "
        f"{(accepted & right)[test].mean():.1%} rightly"
    )


main()
