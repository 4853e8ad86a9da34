"""Writes test/fixtures/dsp/reference.{json,f32}: what torch, librosa and soxr make of small seeded signals.

The .f32 file holds all arrays one after another as little-endian floats; the .json file names each one's
offset (in floats) and shape.

Run: python test/reference/dsp_reference.py   (needs: numpy, torch, librosa, soxr)
"""
import json
import pathlib

import librosa
import numpy as np
import torch

WINDOW, HOP = 512, 128
rng = np.random.default_rng(20)
arrays = {}

noise = rng.uniform(-1, 1, 640).astype(np.float32)
frames = int(np.ceil((len(noise) + WINDOW - HOP) / HOP))
padded = np.zeros(WINDOW - HOP + frames * HOP, np.float32)
padded[WINDOW - HOP : WINDOW - HOP + len(noise)] = noise
spectra = torch.stft(
    torch.from_numpy(padded), WINDOW, HOP, window=torch.hann_window(WINDOW), center=False, return_complex=True
)
assert spectra.shape == (257, frames)
arrays["noise"] = noise
arrays["noise_spectra"] = torch.view_as_real(spectra.T.contiguous()).numpy()

# Overlap-add of masked frames. librosa divides by the squares of the windows that are really there, so its first
# and last window - hop samples differ from a stream's by design: compare what lies between.
mask = rng.uniform(0, 1, (frames, 257)).astype(np.float32)
arrays["mask"] = mask
arrays["masked_sound"] = librosa.istft(spectra.numpy() * mask.T, hop_length=HOP, window="hann", center=False)

arrays["mel_slaney"] = librosa.filters.mel(sr=16000, n_fft=512, n_mels=24).T
arrays["mel_htk"] = librosa.filters.mel(sr=16000, n_fft=512, n_mels=24, fmin=50, fmax=7000, htk=True, norm=None).T

# Noise below 6.5 kHz at 44.1 kHz and its conversion to 16 kHz.
spectrum = np.fft.rfft(rng.normal(size=6615))
spectrum[np.fft.rfftfreq(6615, 1 / 44100) > 6500] = 0
band = np.fft.irfft(spectrum, 6615)
band = (0.5 * band / np.abs(band).max()).astype(np.float32)
arrays["band_44100"] = band
arrays["band_16000"] = librosa.resample(band, orig_sr=44100, target_sr=16000, res_type="soxr_vhq")

out = pathlib.Path(__file__).parent.parent / "fixtures" / "dsp"
out.mkdir(parents=True, exist_ok=True)
header, offset = {}, 0
with open(out / "reference.f32", "wb") as file:
    for name, array in arrays.items():
        array = np.ascontiguousarray(array, "<f4")
        header[name] = {"offset": offset, "shape": list(array.shape)}
        offset += array.size
        file.write(array.tobytes())
(out / "reference.json").write_text(json.dumps(header, indent=2) + "\n")
