/**
 * A live explainer without sound, model or server, for looking at the page: it plays no audio, computes real
 * spectra of built-in sounds, and invents masks and decisions.
 */
import FFT from "fft.js";
import { BehaviorSubject, Observable, Subject } from "rxjs";
import { sampleRate } from "../../client/kit/sounds/index.ts";
import { clockInRain } from "../../client/kit/sounds/synthetic/clock-in-rain.ts";
import type {
  Decision,
  Environment,
  LiveEvent,
  LiveExplainer,
  Moment,
  PackSummary,
  Problem,
  Source,
  SpectrogramColumns,
  Status,
  Timings,
} from "../../client/live/live-explainer.ts";
import { istft, resample, stft } from "../../dsp/index.ts";

const labels = [
  "dog",
  "rooster",
  "rain",
  "sea_waves",
  "crackling_fire",
  "crying_baby",
  "sneezing",
  "clock_tick",
  "helicopter",
  "chainsaw",
  "speech",
  "other",
];
const hop = 128;
const bins = 257;

interface FakeOptions {
  /** The class that is heard. */
  readonly winner?: string | undefined;
  readonly probability?: number | undefined;
  /** Heard as well, with the same probability: then each class answers by itself, by a threshold of its own. */
  readonly also?: string | undefined;
  readonly problem?: Problem | undefined;
  readonly missed?: number;
  readonly notices?: readonly string[];
  /** As with a model that hears the waveform. */
  readonly localOnly?: boolean;
  /** Frames sent at once at the start, so that a picture is full without waiting. */
  readonly ahead?: number;
}

export class FakeLiveExplainer implements LiveExplainer {
  readonly status$ = new BehaviorSubject<Status>({ state: "idle" });
  readonly decisions$ = new Subject<Decision>();
  readonly columns$ = new Subject<SpectrogramColumns>();
  readonly columnPorts$ = new Observable<MessagePort>((subscriber) => {
    const { port1, port2 } = new MessageChannel();
    this.#ports.add(port1);
    subscriber.next(port2);
    return () => {
      this.#ports.delete(port1);
      port1.close();
    };
  });
  readonly #ports = new Set<MessagePort>();
  readonly timings$ = new Subject<Timings>();
  readonly events$ = new BehaviorSubject<readonly LiveEvent[]>([
    {
      at: 1_760_000_000_000,
      kind: "engine",
      told: { code: "engine-answers", engine: "remote", reason: { why: "measured" } },
      times: 1,
    },
    {
      at: 1_760_000_420_000,
      kind: "engine",
      told: { code: "engine-answers", engine: "local", reason: { why: "late", misses: 7, windows: 32 } },
      times: 1,
    },
    { at: 1_760_000_500_000, kind: "device", told: { code: "microphone-away" }, times: 2 },
  ]);
  readonly calls: string[] = [];
  readonly hindrance = null;
  readonly notices = [];
  readonly #fft = new FFT(512);
  readonly #mean = new Float32Array(bins).fill(1e-3);
  #timer: ReturnType<typeof setInterval> | undefined;
  #frame = 0;
  #samples: Float32Array = new Float32Array(0);

  constructor(readonly options: FakeOptions = {}) {}

  async pack(): Promise<PackSummary> {
    return {
      name: "fake",
      version: "1.0.0",
      title: "Invented answers",
      labels,
      ...(this.options.also === undefined
        ? { other: "other", threshold: 0.6 }
        : {
            ...{ answers: "independent", threshold: 0.5 },
            thresholds: labels.map((_, k) => 0.5 + 0.1 * (k % 4)),
          }),
      sampleRate: 16_000,
      window: 512,
      hop,
      bins,
      windowFrames: 128,
      answeredFrames: 128,
      url: "packs/fake/",
      localOnly: this.options.localOnly ? "phases" : null,
      methods: [
        { name: "lmac-selective", title: "L-MAC, selective", target: true },
        { name: "lmac", title: "L-MAC", target: false },
        { name: "l2i", title: "L2I", target: true },
      ],
    };
  }

  environment(): Environment {
    return {
      sampleRate: 48_000,
      baseLatencyMs: 5.3,
      outputLatencyMs: 16,
      audioState: "running",
      sharedMemory: true,
      pack: "fake",
      packVersion: "1.0.0",
      howls: 0,
    };
  }

  async microphones() {
    return [
      { deviceId: "default", label: "Default" },
      { deviceId: "a", label: "Built-in microphone (Intel HDA Analog Stereo)" },
      { deviceId: "b", label: "USB headset" },
    ];
  }

  async start(source: Source): Promise<void> {
    this.calls.push(`start ${source.kind}`);
    this.status$.next({ state: "starting", step: "model", progress: 0.4 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.options.problem) {
      this.status$.next({ state: "failed", problem: this.options.problem });
      throw this.options.problem;
    }
    this.#samples = source.kind === "samples" ? await source.samples : clockInRain();
    this.#frame = 0;
    this.status$.next({
      state: "running",
      source: source.kind === "microphone" ? "Microphone" : (source.name ?? source.kind),
      engine: "local",
      engineDescription: "onnxruntime-web, WASM SIMD, 1 thread",
      explanation: "here",
      notices: (this.options.notices ?? []).map((detail) => ({
        code: "engine-failed",
        detail,
        next: "nothing",
      })),
    });
    if (this.options.ahead) this.#columns(this.options.ahead);
    let tick = 0;
    this.#timer = setInterval(() => {
      this.#columns(4);
      if (tick % 3 === 0) this.#decision();
      if (tick % 15 === 0) this.#timings();
      tick += 1;
    }, 33);
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
    clearInterval(this.#timer);
    this.status$.next({ state: "stopped", reason: "asked" });
  }

  setListening(value: string): void {
    this.calls.push(`listening ${value}`);
  }
  setMatchLoudness(on: boolean): void {
    this.calls.push(`match loudness ${on}`);
  }
  setEngine(value: string): void {
    this.calls.push(`engine ${value}`);
  }
  setTarget(value: number): void {
    this.calls.push(`target ${value}`);
  }

  setMethod(value: string): void {
    this.calls.push(`method ${value}`);
  }
  setDelay(value: string): void {
    this.calls.push(`delay ${value}`);
  }
  setVolume(value: number): void {
    this.calls.push(`volume ${value}`);
  }

  async freeze(): Promise<Moment> {
    this.calls.push("freeze");
    return fakeMoment(await this.pack(), this.#samples);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.calls.push("close");
  }

  #columns(frames: number): void {
    const magnitudes = new Float32Array(frames * bins);
    const mask = new Float32Array(frames * bins);
    const input = new Array<number>(512);
    const output = this.#fft.createComplexArray() as number[];
    for (let k = 0; k < frames; k++) {
      const start = (this.#frame + k) * hop;
      for (let n = 0; n < 512; n++) {
        input[n] = this.#samples[(start + n) % this.#samples.length] * Math.sin((Math.PI * n) / 512) ** 2;
      }
      this.#fft.realTransform(output, input);
      let strength = 0;
      for (let bin = 0; bin < bins; bin++) {
        const magnitude = Math.hypot(output[2 * bin], output[2 * bin + 1]);
        magnitudes[k * bins + bin] = magnitude;
        strength += Math.log((magnitude + 1e-3) / (this.#mean[bin] + 1e-3)) / bins;
        this.#mean[bin] += 0.01 * (magnitude - this.#mean[bin]);
      }
      for (let bin = 0; bin < bins; bin++) {
        const from = Math.max(0, bin - 6);
        const to = Math.min(bins, bin + 7);
        let local = 0;
        for (let b = from; b < to; b++) {
          local += Math.log((magnitudes[k * bins + b] + 1e-3) / (this.#mean[b] + 1e-3)) / (to - from);
        }
        mask[k * bins + bin] = 1 / (1 + Math.exp(-3 * (0.7 * local + 0.6 * strength - 0.9)));
      }
    }
    const columns = { firstFrame: this.#frame, frames, bins, magnitudes, mask };
    for (const port of this.#ports) port.postMessage(columns);
    this.columns$.next(columns);
    this.#frame += frames;
  }

  #decision(): void {
    const winner = this.options.winner ?? "clock_tick";
    const share = this.options.probability ?? 0.91;
    const weights = labels.map((label, k) =>
      label === winner ? 0 : 1 / (1 + ((k * 5) % 7)) ** 2 + 0.05 * Math.sin(this.#frame / 40 + k) ** 2,
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    const probabilities = Float32Array.from(labels, (label, k) =>
      label === winner || label === this.options.also ? share : ((1 - share) * weights[k]) / sum,
    );
    this.decisions$.next({ firstFrame: this.#frame, probabilities });
  }

  #timings(): void {
    this.timings$.next({
      stftMs: 32,
      lookAheadMs: 64,
      strideMs: 64,
      engineAllowanceMs: 31.5,
      algorithmicMs: 191.5,
      deviceMs: 21.3,
      engineP50Ms: 14.2,
      engineP99Ms: 31.5,
      inferenceP50Ms: 11.8,
      windowsPerSecond: 15.6,
      windowsDropped: 2,
      restarts: 0,
      lateFrames: 0,
      missedDeadlines: this.options.missed ?? 0,
      engineLeastMs: 0,
    });
  }
}

/** Ten seconds under an invented mask: what lies between 1 and 4 kHz in every second half second. */
function fakeMoment(pack: PackSummary, samples: Float32Array): Moment {
  const hops = 1_250;
  const frames = hops + 3;
  const sound = resample(samples, sampleRate, 16_000);
  const original = Float32Array.from({ length: hops * hop }, (_, n) => sound[n % sound.length]);
  const mask = new Float32Array(frames * bins);
  for (let frame = 0; frame < frames; frame++) {
    const on = Math.floor(frame / 62) % 2 === 0;
    for (let bin = 0; bin < bins; bin++) mask[frame * bins + bin] = on && bin >= 32 && bin < 128 ? 0.9 : 0.05;
  }
  const spectrogram = stft(original, { window: 512, hop });
  const spectra = spectrogram.spectra.map((value, n) => value * mask[n >> 1]);
  const explanation = istft({ ...spectrogram, spectra }, original.length, { window: 512, hop });
  return {
    sampleRate: 16_000,
    window: 512,
    hop,
    bins,
    original,
    explanation,
    rest: original.map((sample, n) => sample - explanation[n]),
    frames,
    mask,
    decisions: [],
    pack,
    facts: {
      source: "Clock in the rain",
      engine: "local",
      engineDescription: "onnxruntime-web, WASM SIMD, 1 thread",
      method: "lmac-selective",
      target: -1,
      mixed: false,
      frozenAt: 1_760_000_600_000,
    },
  };
}
