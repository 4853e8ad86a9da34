"""Writes test/fixtures/methods/perturbation.json: LIME's coefficients and Shapley values of small functions of subsets.

The functions take a row of 0 and 1 (a segment is heard or not): a sum, and one with a saturation and products, as classifiers
have them. LIME's coefficients are the lime package's for its default kernel of pictures (cosine distance, width 0.25, ridge
1); Shapley values are the shap package's KernelExplainer with all subsets.

Run: python test/reference/perturbation_surrogates.py   (needs: numpy, lime, shap, scikit-learn)
"""
import json
import pathlib

import numpy as np
import shap
import sklearn.metrics
from lime.lime_base import LimeBase

SEGMENTS, SUBSETS, SEED = 8, 60, 3
generator = np.random.default_rng(SEED)
WEIGHTS = generator.normal(size=SEGMENTS)


def additive(rows):
    return 0.3 + rows @ WEIGHTS


def saturated(rows):
    score = 1.5 * rows @ WEIGHTS + 2 * rows[:, 0] * rows[:, 3] - 1.5 * rows[:, 1] * rows[:, 2] * rows[:, 5] - 1
    return 1 / (1 + np.exp(-score))


def lime_values(rows, answers):
    distances = sklearn.metrics.pairwise_distances(rows, rows[:1], metric="cosine").ravel()
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)), random_state=SEED)
    _, pairs, _, _ = base.explain_instance_with_data(
        rows, answers[:, None], distances, 0, SEGMENTS, feature_selection="none"
    )
    values = np.zeros(SEGMENTS)
    for segment, value in pairs:
        values[segment] = value
    return values


def shapley_values(function):
    explainer = shap.KernelExplainer(function, np.zeros((1, SEGMENTS)))
    return explainer.shap_values(np.ones(SEGMENTS), nsamples=2**SEGMENTS, l1_reg=False)


rows = generator.integers(0, 2, (SUBSETS, SEGMENTS))
rows[0] = 1
every = (np.arange(2**SEGMENTS)[:, None] >> np.arange(SEGMENTS)) & 1
fixture = {"segments": SEGMENTS, "subsets": rows.tolist()}
for function in [additive, saturated]:
    answers = function(rows)
    fixture[function.__name__] = {
        "answers": answers.tolist(),
        # Of every subset: segment k is heard where bit k of the index is set.
        "every": function(every).tolist(),
        "lime": lime_values(rows, answers).tolist(),
        "shapley": shapley_values(function).tolist(),
    }
path = pathlib.Path(__file__).parent.parent / "fixtures/methods/perturbation.json"
path.write_text(json.dumps(fixture) + "\n")
