"""Writes test/fixtures/study/reference.json: loudness by pyloudnorm, paired tests by SciPy, on small seeded data.

The sounds are made by a rule that both sides know (see `sound`), so that only figures need to be kept.

Run: python test/reference/study_reference.py   (needs: numpy, scipy, pyloudnorm)
"""
import json
import pathlib

import numpy as np
import pyloudnorm
from scipy import stats


def sound(rate, seconds, frequency, level, burst):
    """A sine with a slower one of half its level, there for `burst` seconds of every second."""
    n = np.arange(int(rate * seconds))
    wave = np.sin(2 * np.pi * frequency * n / rate) + 0.5 * np.sin(2 * np.pi * 0.1 * frequency * n / rate)
    return level * wave * ((n % rate) < burst * rate)


loudness = []
for rate, seconds, frequency, level, burst in [
    (48000, 3, 997, 0.5, 1),
    (16000, 5, 997, 0.1, 1),
    (16000, 5, 3000, 0.4, 0.3),
    (44100, 2, 120, 0.8, 0.7),
    (22050, 1, 5000, 0.02, 0.5),
    (16000, 0.4, 700, 0.3, 1),
]:
    # The filters by the same formulas as the recommendation's own; pyloudnorm's default differs by some 0.01 dB.
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    value = meter.integrated_loudness(sound(rate, seconds, frequency, level, burst))
    loudness.append(
        dict(rate=rate, seconds=seconds, frequency=frequency, level=level, burst=burst, lufs=float(value))
    )

rng = np.random.default_rng(4)
wilcoxon = []
for count, shift, decimals in [(6, 0.5, 3), (12, 0.4, 3), (12, 0.0, 0), (14, 0.6, 1), (25, 0.3, 3), (8, 2, 3), (60, 0.1, 9)]:
    differences = np.round(rng.normal(shift, 1, count), decimals) + 0.0
    kept = differences[differences != 0]
    tied = len(np.unique(np.abs(kept))) < len(kept)
    # SciPy's exact test knows no ties: there the reference is its permutation test over all signs.
    if tied:
        ranks = stats.rankdata(np.abs(kept))

        def statistic(x, axis):
            return np.sum(np.where(x > 0, np.broadcast_to(ranks, x.shape), 0), axis=axis)

        result = stats.permutation_test(
            (kept,), statistic, permutation_type="samples", n_resamples=np.inf, vectorized=True, batch=1 << 14
        )
        p = float(result.pvalue)
    else:
        p = float(stats.wilcoxon(kept, method="exact").pvalue)
    approximate = float(stats.wilcoxon(kept, method="approx", correction=True).pvalue)
    wilcoxon.append(dict(differences=differences.tolist(), p=p, approximate=approximate))

holm = []
for values in [[0.01, 0.04, 0.03], [0.001, 0.2, 0.6, 0.011], [0.5], [0.05, 0.05, 0.9]]:
    order = np.argsort(values)
    adjusted = np.empty(len(values))
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = running
    holm.append(dict(p=values, adjusted=adjusted.tolist()))

target = pathlib.Path(__file__).parent.parent / "fixtures" / "study"
target.mkdir(parents=True, exist_ok=True)
(target / "reference.json").write_text(json.dumps(dict(loudness=loudness, wilcoxon=wilcoxon, holm=holm), indent=1) + "\n")
