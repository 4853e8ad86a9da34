"""Writes test/fixtures/training/yamnet.json: what the published YAMNet hears in and answers to three made-up signals of 15,600
samples (test/lab/training/teacher-signals.ts makes the same). Log-mel frames are every eighth of 96; scores are the file's own
8-bit numbers, score * 256.

Run: python test/reference/yamnet.py yamnet.tflite   (needs: numpy, tensorflow-cpu 2.21)
"""
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf

SAMPLES, RATE = 15_600, 16_000
time = np.arange(SAMPLES) / RATE


def noise(level):
    state, out = 1, np.empty(SAMPLES)
    for n in range(SAMPLES):
        state = (1664525 * state + 1013904223) % 2**32
        out[n] = level * (state / 2**31 - 1)
    return out


# A tone with overtones, a siren between two pitches, and noise that comes in knocks.
organ = sum(0.3 / k * np.sin(2 * np.pi * 220 * k * time) for k in range(1, 7))
siren = 0.5 * np.sin(2 * np.pi * (800 * time - 60 * np.cos(2 * np.pi * 2 * time)))
knocks = noise(0.8) * np.exp(-40 * (time % 0.25))
signals = {"organ": organ, "siren": siren, "knocks": knocks}

interpreter = tf.lite.Interpreter(sys.argv[1], experimental_preserve_all_tensors=True)
interpreter.allocate_tensors()
tensors = {each["name"]: each["index"] for each in interpreter.get_tensor_details()}
given, answered = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

out = {}
for name, signal in signals.items():
    interpreter.set_tensor(given, signal.astype(np.float32))
    interpreter.invoke()
    frames = interpreter.get_tensor(tensors["log_mel_spectrogram"])
    assert frames.shape == (96, 64)
    out[name] = {
        "logMel": [round(float(value), 4) for value in frames[::8].ravel()],
        "scores": [int(value) for value in np.rint(interpreter.get_tensor(answered)[0] * 256)],
    }
path = pathlib.Path(__file__).parent.parent / "fixtures" / "training" / "yamnet.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(out) + "\n")
