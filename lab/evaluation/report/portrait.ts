/** Pictures and sounds of one clip for the report: a two-second excerpt, small enough to be one of many in a file. */
import { encode } from "fast-png";
import { istft, stft } from "../../../dsp/index.ts";
import { strongestClass } from "../../../models/explain/class-decision.ts";
import { magma } from "../../../models/picture/magma.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { askClassifier, gainsOf, keptAndRest, runWindows } from "../measure/explain-windows.ts";
import type { PreparedSound } from "../measure/measure-sound.ts";
import { meanRow } from "../metrics/classifier-report.ts";
import { type SoundWindow, type WindowShape, windowsAt } from "../plan/window-shape.ts";
import { encodeMuLaw } from "./mu-law.ts";
import type { MethodPortrait, PackedSound, Portrait } from "./report-data.ts";

/** Windows side by side in an excerpt. */
const WINDOWS = 2;
/** Bins that share a pixel. */
const BINS_PER_PIXEL = 2;
const SPAN_DB = 70;

/** The excerpt begins where the first method's mask makes the class's probability drop most. */
export async function drawPortrait(
  sound: PreparedSound,
  methods: readonly LoadedMethod[],
  classifier: LoadedMethod,
): Promise<Portrait> {
  const { shape } = sound;
  const { pack } = classifier;
  const { labels, masking } = pack;
  const length = (WINDOWS * shape.frames - 1) * shape.hop + shape.window;
  const start = await worstStart(sound, methods[0], classifier, length);
  const excerpt = new Float32Array(length);
  excerpt.set(sound.samples.subarray(start, start + length));
  const starts = Array.from({ length: WINDOWS }, (_, k) => k * shape.frames * shape.hop);
  const windows = windowsAt(excerpt, starts, shape);
  // Behind the end of a short sound there is nothing to be asked about.
  const heard = windows.flatMap(({ magnitudes }, k) => (magnitudes.some((value) => value > 0) ? [k] : []));
  const ask = async (asked: readonly SoundWindow[]) =>
    meanRow(
      await askClassifier(
        classifier,
        heard.map((k) => asked[k]),
      ),
    );
  const whole = await ask(windows);
  const winner = strongestClass(pack, whole);
  const portraits: MethodPortrait[] = [];
  for (const method of methods) {
    const masks = (await runWindows(method, windows)).map(({ mask }) => mask);
    const gains = masks.map((mask, k) => gainsOf(windows[k], mask, masking));
    const parts = gains.map((gain, k) => keptAndRest(windows[k], gain));
    const all = masks.every((mask) => mask.every((value) => value === 1));
    portraits.push({
      name: method.method.name,
      mask: maskPicture(masks, shape),
      sound: all ? undefined : packed(masked(excerpt, gains, shape)),
      kept: (await ask(parts.map(({ kept }) => kept)))[winner],
      rest: (await ask(parts.map(({ rest }) => rest)))[winner],
    });
  }
  return {
    start: start / shape.sampleRate,
    sampleRate: shape.sampleRate,
    sound: packed(excerpt),
    spectrogram: spectrogramPicture(
      windows.map(({ magnitudes }) => magnitudes),
      shape,
    ),
    answer: { label: labels[winner], probability: whole[winner] },
    methods: portraits,
  };
}

function packed(samples: Float32Array): PackedSound {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const scaled = peak > 0 ? samples.map((sample) => sample / peak) : samples;
  return { peak, bytes: base64(encodeMuLaw(scaled)) };
}

async function worstStart(
  sound: PreparedSound,
  method: LoadedMethod,
  classifier: LoadedMethod,
  length: number,
): Promise<number> {
  if (sound.windows.length === 0) return 0;
  const { pack } = classifier;
  const answers = await runWindows(method, sound.windows);
  const kept = await askClassifier(
    classifier,
    sound.windows.map(
      (window, k) => keptAndRest(window, gainsOf(window, answers[k].mask, pack.masking)).kept,
    ),
  );
  let worst = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const [k, whole] of sound.whole.entries()) {
    const winner = strongestClass(pack, whole);
    const drop = whole[winner] - kept[k][winner];
    if (drop > most) {
      most = drop;
      worst = k;
    }
  }
  const { hop } = sound.shape;
  const last = Math.max(0, Math.floor((sound.samples.length - length) / hop) * hop);
  return Math.min(sound.starts[worst], last);
}

/** The excerpt with the windows' gains one after the other; its first and last frames take their neighbours'. */
function masked(excerpt: Float32Array, gains: readonly Float32Array[], shape: WindowShape): Float32Array {
  const { frames, bins, window, hop } = shape;
  const spectrogram = stft(excerpt, shape);
  const leading = window / hop - 1;
  for (let k = 0; k < spectrogram.frames; k++) {
    const frame = Math.max(0, Math.min(WINDOWS * frames - 1, k - leading));
    const gain = gains[Math.floor(frame / frames)];
    const row = (frame % frames) * bins;
    for (let bin = 0; bin < bins; bin++) {
      const at = 2 * (k * bins + bin);
      spectrogram.spectra[at] *= gain[row + bin];
      spectrogram.spectra[at + 1] *= gain[row + bin];
    }
  }
  return istft(spectrogram, excerpt.length, shape);
}

const LEVELS = 48;
const COLOURS = Array.from({ length: LEVELS }, (_, level) => magma(level / (LEVELS - 1)));

function spectrogramPicture(windows: readonly Float32Array[], shape: WindowShape): string {
  let loudest = 1e-10;
  for (const window of windows) for (const magnitude of window) loudest = Math.max(loudest, magnitude);
  const { width, height } = pictureSize(shape);
  const data = new Uint8Array(width * height * 3);
  paint(windows, shape, (at, magnitude) => {
    const share = 1 + (20 * Math.log10(magnitude / loudest + 1e-10)) / SPAN_DB;
    data.set(COLOURS[Math.max(0, Math.min(LEVELS - 1, Math.round(share * (LEVELS - 1))))], 3 * at);
  });
  return base64(encode({ width, height, data, channels: 3, depth: 8 }));
}

/** Sixteen greys are enough to see by, and take a fifth of the bytes. */
const GREYS = 16;

function maskPicture(masks: readonly Float32Array[], shape: WindowShape): string {
  const { width, height } = pictureSize(shape);
  const data = new Uint8Array(width * height);
  paint(masks, shape, (at, value) => {
    data[at] = Math.round((Math.round(value * (GREYS - 1)) * 255) / (GREYS - 1));
  });
  return base64(encode({ width, height, data, channels: 1, depth: 8 }));
}

function pictureSize({ frames, bins }: WindowShape) {
  return { width: WINDOWS * frames, height: Math.floor(bins / BINS_PER_PIXEL) };
}

/** Calls `draw` with the index of every pixel and the mean of its bins; the highest bin may be left out. */
function paint(
  windows: readonly Float32Array[],
  shape: WindowShape,
  draw: (at: number, value: number) => void,
): void {
  const { width, height } = pictureSize(shape);
  for (let x = 0; x < width; x++) {
    const window = windows[Math.floor(x / shape.frames)];
    const row = (x % shape.frames) * shape.bins;
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let k = 0; k < BINS_PER_PIXEL; k++) sum += window[row + y * BINS_PER_PIXEL + k];
      draw((height - 1 - y) * width + x, sum / BINS_PER_PIXEL);
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
