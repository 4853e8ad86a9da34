"""Writes test/fixtures/training/nmf.json: a factorisation by scikit-learn's multiplicative updates from given factors.

Run: python test/reference/nmf_reference.py   (needs: scikit-learn, numpy)
"""
import base64
import json
import pathlib
import warnings

import numpy as np
from sklearn.decomposition import non_negative_factorization

warnings.simplefilter("ignore")
out = pathlib.Path(__file__).parent.parent / "fixtures" / "training"
out.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(3)
rows, columns, components, iterations = 60, 24, 5, 40

truth = random.gamma(0.5, size=(rows, components)) @ random.gamma(0.5, size=(components, columns))
matrix = (truth + 0.05 * random.random((rows, columns))).astype(np.float32)
matrix[7] = 0
activations = random.random((rows, components)).astype(np.float32)
dictionary = random.random((components, columns)).astype(np.float32)
found_activations, found_dictionary, _ = non_negative_factorization(
    matrix.astype(np.float64),
    W=activations.astype(np.float64),
    H=dictionary.astype(np.float64),
    n_components=components,
    init="custom",
    solver="mu",
    beta_loss="frobenius",
    tol=0,
    max_iter=iterations,
)


def packed(array):
    array = np.asarray(array, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


(out / "nmf.json").write_text(
    json.dumps(
        {
            "iterations": iterations,
            "matrix": packed(matrix),
            "activations": packed(activations),
            "dictionary": packed(dictionary),
            "foundActivations": packed(found_activations),
            "foundDictionary": packed(found_dictionary),
        },
        indent=1,
    )
    + "\n"
)
