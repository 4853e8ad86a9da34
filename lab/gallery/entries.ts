/**
 * Classifiers that people have, by name: where they are from, under what licence, how they are fed and what they answer.
 * Licences and addresses are their publishers', as they were known in November 2026: whoever relies on one reads it there. A file
 * is taken only with the sum that stands here.
 */
import type { Form } from "../import/head.ts";
import type { PRESETS } from "../import/presets.ts";

/** A file that its publisher offers to everybody. */
export interface PublishedFile {
  readonly address: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

export interface GalleryEntry {
  /** Of the pack too. */
  readonly name: string;
  readonly title: string;
  readonly publisher: string;
  /** Where its publisher tells of it. */
  readonly home: string;
  /** Its name at spdx.org, or more than one and what of. */
  readonly licence: string;
  /** What the licence asks of whoever uses it, in a sentence, where that is more than naming its authors. */
  readonly terms?: string;
  /** Absent where there is none that could be taken as it is: then the user brings one. */
  readonly file?: PublishedFile;
  /** What file that is. */
  readonly needs: string;
  /** A preset's name, or a front's words. */
  readonly front: keyof typeof PRESETS | `input=${string}`;
  /** Absent where its publishers do not say it of all versions: the file, a trial or the user does. */
  readonly answers?: Form;
  readonly classes: number;
  /** Length of a window, as published. */
  readonly seconds: number;
  /** Where the names of its classes are; absent where the file itself has them. */
  readonly labels?: string;
  /** What explains it where we have no decoder for it; the first is the pack's default. */
  readonly methods: readonly string[];
}

const AUDIOSET = "AudioSet's class_labels_indices.csv, as its publishers' repository has it";

export const GALLERY: readonly GalleryEntry[] = [
  {
    name: "yamnet",
    title: "YAMNet",
    publisher: "Google (TensorFlow)",
    home: "https://github.com/tensorflow/models/tree/master/research/audioset/yamnet",
    licence: "Apache-2.0",
    file: {
      address:
        "https://storage.googleapis.com/download.tensorflow.org/models/tflite/task_library/audio_classification/android/" +
        "lite-model_yamnet_classification_tflite_1.tflite",
      bytes: 4_126_810,
      sha256: "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
    },
    needs: "its published .tflite for classification, version 1",
    // Its spectrogram is inside the file.
    front: "input=waveform,sampleRate=16000",
    answers: "independent",
    classes: 521,
    seconds: 0.975,
    // Of what needs no training the most faithful: on 20 windows of ESC-50 AI 10, AD 53 and Fid-In 0.80, where saliency and guided
    // backpropagation have 0, 86 and 0.45 (`listenable pack --classifier yamnet.tflite ... --data SOUNDS --methods gradcam,saliency,...`).
    methods: ["gradcam"],
  },
  {
    name: "ast",
    title: "Audio Spectrogram Transformer",
    publisher: "Yuan Gong, Yu-An Chung and James Glass",
    home: "https://github.com/YuanGongND/ast",
    licence: "BSD-3-Clause",
    needs: "an .onnx export of it behind its filterbank",
    front: "ast",
    answers: "independent",
    classes: 527,
    seconds: 10.24,
    labels: AUDIOSET,
    methods: ["saliency"],
  },
  {
    name: "efficientat",
    title: "EfficientAT",
    publisher: "Florian Schmid, Khaled Koutini and Gerhard Widmer",
    home: "https://github.com/fschmid56/EfficientAT",
    licence: "MIT",
    needs: "an .onnx export of mn04_as or its kin behind their spectrogram",
    front: "efficientat",
    answers: "independent",
    classes: 527,
    seconds: 10,
    labels: AUDIOSET,
    methods: ["gradcam"],
  },
  {
    name: "panns-cnn14",
    title: "PANNs CNN14",
    publisher: "Qiuqiang Kong and others",
    home: "https://github.com/qiuqiangkong/audioset_tagging_cnn",
    licence: "MIT, its published weights CC-BY-4.0",
    needs: "an .onnx export of it behind its spectrogram",
    front: "panns-cnn14",
    answers: "independent",
    classes: 527,
    seconds: 10,
    labels: AUDIOSET,
    methods: ["gradcam"],
  },
  {
    name: "birdnet",
    title: "BirdNET 2.4",
    publisher: "Cornell Lab of Ornithology and Chemnitz University of Technology",
    home: "https://github.com/birdnet-team/BirdNET-Analyzer",
    licence: "CC-BY-NC-SA-4.0",
    terms: "It may not be used commercially, and what is made of it stays under the same licence.",
    needs: "its published .tflite of floats",
    front: "birdnet",
    answers: "independent",
    classes: 6522,
    seconds: 3,
    labels: "its publishers' list of labels, a line a class",
    methods: ["gradcam"],
  },
  {
    name: "perch",
    title: "Perch",
    publisher: "Google",
    home: "https://www.kaggle.com/models/google/bird-vocalization-classifier",
    licence: "Apache-2.0",
    needs: "an .onnx or .tflite of it; --output NAME where it has several answers",
    front: "perch",
    classes: 14_795,
    seconds: 5,
    labels: "its publishers' list of labels, a line a class, without a heading",
    methods: ["gradcam"],
  },
];
