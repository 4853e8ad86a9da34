"""Writes test/fixtures/fronts/*.json: what published preprocessing makes of one made-up sound, for test/lab/import/fronts.test.ts.

Each file has the front in the words of the command line, how many samples were heard, and some frames of the classifier's
input [frames, bands] (of waveforms: some samples). A preset's file is called as the preset is.

Run: python test/reference/fronts.py compliance/kaldi.py   (that file of torchaudio 2.11; needs: numpy, scipy, librosa 0.11,
torch, torchlibrosa 0.1, transformers 5.24, kaldi-native-fbank 1.23, python_speech_features 0.6, tensorflow-cpu 2.21)
"""
import base64
import importlib.util
import json
import os
import pathlib
import sys
import types

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import kaldi_native_fbank as knf
import librosa
import numpy as np
import python_speech_features as psf
import tensorflow as tf
import torch
from torchlibrosa import LogmelFilterBank, Spectrogram
from transformers import ASTFeatureExtractor, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

out = pathlib.Path(__file__).parent.parent / "fixtures" / "fronts"
out.mkdir(parents=True, exist_ok=True)
MOST_FRAMES = 16


def kaldi():
    """torchaudio's Kaldi functions are plain torch: its native library is not needed, and transformers does without."""
    sys.modules["torchaudio"] = types.ModuleType("torchaudio")
    spec = importlib.util.spec_from_file_location("torchaudio_kaldi", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sound(rate, samples):
    """A swelling tone, one that climbs, noise, and an offset; test/lab/import/fronts.ts makes the same."""
    t = np.arange(samples) / rate
    state, noise = 1, np.empty(samples)
    for n in range(samples):
        state = (1664525 * state + 1013904223) % 2**32
        noise[n] = state / 2**31 - 1
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t)
    tone = 0.2 * swell * np.sin(2 * np.pi * 220 * t)
    climb = 0.1 * np.sin(2 * np.pi * (500 * t + 300 * t * t))
    return (0.02 + tone + climb + 0.05 * noise).astype(np.float32)


def write(name, front, samples, features):
    """`features` [frames, bands], or [samples]; some frames of it, the first and the last among them."""
    features = np.asarray(features, dtype=np.float32)
    most = MOST_FRAMES if features.ndim == 2 else 4000
    rows = np.unique(np.linspace(0, len(features) - 1, most).round().astype(int))
    kept = features[rows].astype("<f4")
    text = {
        "front": front,
        "samples": samples,
        "frames": len(features),
        "rows": rows.tolist(),
        "data": base64.b64encode(kept.tobytes()).decode(),
    }
    (out / f"{name}.json").write_text(json.dumps(text) + "\n")
    print(f"{name}: {features.shape}, {features.min():.3f} to {features.max():.3f}")


# ---- presets --------------------------------------------------------------------------------------------------------

def yamnet():
    x = sound(16000, 15600)
    magnitudes = tf.abs(tf.signal.stft(x, frame_length=400, frame_step=160, fft_length=512))
    mel = magnitudes @ tf.signal.linear_to_mel_weight_matrix(64, 257, 16000, 125.0, 7500.0)
    write("yamnet", "yamnet", len(x), tf.math.log(mel + 0.001))


def panns():
    x = sound(32000, 32000)
    spectrogram = Spectrogram(n_fft=1024, hop_length=320, win_length=1024, window="hann", center=True, pad_mode="reflect")
    mel = LogmelFilterBank(sr=32000, n_fft=1024, n_mels=64, fmin=50, fmax=14000, ref=1.0, amin=1e-10, top_db=None)
    write("panns-cnn14", "panns-cnn14,samples=32000", len(x), mel(spectrogram(torch.tensor(x)[None]))[0, 0])


def efficientat():
    x = sound(32000, 32000)
    y = torch.nn.functional.conv1d(torch.tensor(x)[None, None], torch.tensor([[[-0.97, 1.0]]]))[:, 0]
    window = torch.hann_window(800, periodic=False)
    spectrum = torch.stft(y, 1024, hop_length=320, win_length=800, center=True, window=window, return_complex=True)
    bands, _ = kaldi().get_mel_banks(128, 1024, 32000, 0.0, 15000, vtln_low=100.0, vtln_high=-500.0, vtln_warp_factor=1.0)
    mel = torch.nn.functional.pad(bands, (0, 1)) @ spectrum.abs().square()[0]
    write("efficientat", "efficientat,samples=32000", len(x), ((mel + 0.00001).log() + 4.5).T / 5)


def ast():
    x = sound(16000, 163840)
    features = ASTFeatureExtractor()(x, sampling_rate=16000, return_tensors="np")["input_values"][0]
    write("ast", "ast", len(x), features)
    fbank = kaldi().fbank(torch.tensor(x)[None], htk_compat=True, sample_frequency=16000, use_energy=False,
                          window_type="hanning", num_mel_bins=128, dither=0.0, frame_shift=10)
    assert np.abs((fbank.numpy() + 4.2677393) / (2 * 4.5689974) - features[: len(fbank)]).max() < 1e-4


def wav2vec2():
    x = sound(16000, 16000)
    heard = Wav2Vec2FeatureExtractor(do_normalize=True)(x, sampling_rate=16000, return_tensors="np")["input_values"][0]
    write("wav2vec2", "wav2vec2,samples=16000", len(x), heard)


def whisper():
    x = sound(16000, 480000)
    features = WhisperFeatureExtractor(feature_size=80)(x, sampling_rate=16000, return_tensors="np")["input_features"][0]
    write("whisper", "whisper", len(x), features.T)


def perch():
    """As perch-hoplite 1.0.2 does it (zoo_interface.EmbeddingModel.normalize_audio); its package needs far more to be imported."""
    x = sound(32000, 160000)
    y = x - np.mean(x, axis=-1, keepdims=True)
    y = y / np.max(np.abs(y), axis=-1, keepdims=True)
    write("perch", "perch", len(x), y * 0.25)


# ---- parts ----------------------------------------------------------------------------------------------------------

KALDI = "sampleRate=16000,nFft=512,winLength=400,hop=160,window=povey,removeDc=true,preEmphasis=0.97,gain=32768"


def frames_of(computer, x):
    computer.accept_waveform(16000, (x * 32768).tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(k) for k in range(computer.num_frames_ready)])


def kaldi_fbank():
    x = sound(16000, 16000)
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    write("kaldi-fbank",
          f"input=mel,{KALDI},nMels=80,fMin=20,melScale=kaldi,melNorm=none,log=ln,floor=1.1920929e-7,normalise=bandMean",
          len(x), (lambda f: f - f.mean(0))(frames_of(knf.OnlineFbank(options), x)))


def kaldi_mfcc():
    x = sound(16000, 16000)
    options = knf.MfccOptions()
    options.frame_opts.dither = 0
    options.use_energy = False
    write("kaldi-mfcc",
          f"input=mfcc,{KALDI},nMels=23,fMin=20,melScale=kaldi,melNorm=none,log=ln,floor=1.1920929e-7,nMfcc=13,lifter=22",
          len(x), frames_of(knf.OnlineMfcc(options), x))


def speech_features():
    x = sound(16000, 400 + 90 * 160)
    mfcc = psf.mfcc(x.astype(np.float64), 16000, nfft=512, appendEnergy=False)
    first = psf.delta(mfcc, 2)
    front = ("input=mfcc,sampleRate=16000,nFft=512,winLength=400,hop=160,window=rectangular,preEmphasis=0.97,preEmphasisBy=sound,"
             "gain=0.04419417382415922,nMels=26,melScale=htk,straightIn=bins,melNorm=none,log=ln,floor=2.220446e-16,nMfcc=13,"
             "lifter=22")
    write("python-speech-features-default", f"{front},energy=true", len(x), psf.mfcc(x.astype(np.float64), 16000, nfft=512))
    write("python-speech-features", f"{front},deltas=2,deltaWidth=5", len(x),
          np.concatenate([mfcc, first, psf.delta(first, 2)], 1))


def librosa_mfcc():
    x = sound(22050, 22050)
    mfcc = librosa.feature.mfcc(y=x, sr=22050, n_mfcc=20, n_fft=1024, hop_length=256, n_mels=64)
    parts = [mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)]
    write("librosa-mfcc",
          "input=mfcc,sampleRate=22050,nFft=1024,hop=256,pad=constant,nMels=64,log=db,topDb=80,nMfcc=20,deltas=2,deltaWidth=9,"
          "deltaEdge=fit,samples=22050", len(x), np.concatenate(parts).T)


def librosa_pcen():
    x = sound(22050, 22050)
    mel = librosa.feature.melspectrogram(y=x, sr=22050, n_fft=1024, hop_length=256, n_mels=64, power=1, center=False)
    for name, extra, words in [
        ("librosa-pcen", {}, ""),
        ("librosa-pcen-other", {"gain": 0.8, "bias": 10, "power": 0.25, "time_constant": 0.06, "eps": 1e-3},
         ",pcenGain=0.8,pcenBias=10,pcenPower=0.25,pcenTime=0.06,floor=0.001"),
    ]:
        features = librosa.pcen(mel * 2**31, sr=22050, hop_length=256, **extra)
        write(name, f"input=mel,sampleRate=22050,nFft=1024,hop=256,power=1,gain=2147483648,nMels=64,log=pcen{words}",
              len(x), features.T)


def tensorflow_mfcc():
    x = sound(16000, 16000)
    power = tf.abs(tf.signal.stft(x, frame_length=640, frame_step=320, fft_length=1024)) ** 2
    mel = tf.math.log(power @ tf.signal.linear_to_mel_weight_matrix(40, 513, 16000, 20.0, 4000.0) + 1e-6)
    write("tensorflow-mfcc",
          "input=mfcc,sampleRate=16000,nFft=1024,winLength=640,hop=320,nMels=40,fMin=20,fMax=4000,melScale=htk,straightIn=mel,"
          "melNorm=none,log=ln,floor=1e-6,floorBy=add,nMfcc=10,dctNorm=htk", len(x),
          tf.signal.mfccs_from_log_mel_spectrograms(mel)[:, :10])


def windows():
    x = sound(8000, 4000)
    for kind, form, pad, window in [
        ("hamming", "symmetric", "edge", np.hamming(200)),
        ("blackman", "periodic", "constant", librosa.filters.get_window("blackman", 200)),
        ("hann", "symmetric", "reflect", np.hanning(200)),
    ]:
        spectrum = librosa.stft(x, n_fft=256, hop_length=80, win_length=200, window=window, pad_mode=pad)
        write(f"window-{kind}-{form}",
              f"input=spectrogram,sampleRate=8000,nFft=256,winLength=200,hop=80,window={kind},windowForm={form},pad={pad},"
              "power=1,log=log1p,gain=100,normalise=mean", len(x),
              (lambda y: y - y.mean())(np.log1p(100 * np.abs(spectrum))).T)


for make in (yamnet, panns, efficientat, ast, wav2vec2, whisper, perch, kaldi_fbank, kaldi_mfcc, speech_features, librosa_mfcc,
             librosa_pcen, tensorflow_mfcc, windows):
    make()
