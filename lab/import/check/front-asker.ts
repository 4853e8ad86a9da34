/** Asks a classifier what it says of a sound under one front or another; the classifier's own graph is opened once a size. */
import { encodeModel, GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { pictureOf } from "../features.ts";
import { framesFromSamples, lostSamples, samplesForFront } from "../frame-transform.ts";
import { bandsOf, type Front } from "../front.ts";
import { inputOf, powerOf } from "../heard.ts";
import { inline } from "../inline.ts";
import { inLayout, type Layout } from "../layout.ts";
import type { ReadClassifier } from "../read-classifier.ts";

export interface Answers {
  /** As the file gives it. */
  readonly answer: Float32Array;
  /** What lies before its softmax or sigmoid. */
  readonly logits: Float32Array;
}

type OrtTensor = InstanceType<Runtime["ort"]["Tensor"]>;
type Session = Awaited<ReturnType<Runtime["ort"]["InferenceSession"]["create"]>>;

/** Spectra that are kept: more than there are kinds of padding. */
const KEPT_POWERS = 5;

/** What a spectrum's power depends on. */
const BEFORE_POWER = [
  ...(["soundMean", "soundPeak", "preEmphasis", "preEmphasisBy", "nFft", "hop", "winLength"] as const),
  ...(["window", "windowForm", "pad", "removeDc"] as const),
];

/** Frames beyond which no picture is asked about: what `frames` of a front may be. */
const MOST_FRAMES = 4096;

export class FrontAsker {
  readonly #powers = new Map<string, OrtTensor>();
  #network?: { readonly size: string; readonly session: Session } | undefined;

  /**
   * @param sound from the place on that the window begins at.
   * @param time what the file says of its axis of time, where it does.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly read: ReadClassifier,
    private readonly layout: Layout,
    private readonly sound: Float32Array,
    private readonly time?: number,
  ) {}

  /** Frames (or samples) of the classifier's input under this front: as it or the file says, or what the whole sound gives. */
  sizeOf(front: Front): number {
    if (front.input === "waveform") {
      return this.time ?? front.samples ?? this.sound.length - lostSamples(front);
    }
    const given = this.time ?? front.frames;
    if (given !== undefined) return given;
    const frames = framesFromSamples(front, front.samples ?? this.sound.length) + front.emptyFrames;
    return Math.min(frames, MOST_FRAMES);
  }

  /** Samples of sound that the front takes. */
  samplesOf(front: Front): number {
    const size = this.sizeOf(front);
    if (front.input === "waveform") return size + lostSamples(front);
    const needed = samplesForFront(front, size - front.emptyFrames);
    // A sound that is a little longer than its frames tell was padded behind its own end.
    const spare = this.sound.length - needed;
    const { nFft = 0, hop = nFft / 4 } = front;
    return front.pad !== "none" && spare > 0 && spare < hop ? this.sound.length : needed;
  }

  /** @throws Error where the classifier cannot be given what the front makes of the sound. */
  async ask(front: Front): Promise<Answers> {
    const { Tensor } = this.runtime.ort;
    const size = this.sizeOf(front);
    const length = this.samplesOf(front);
    if (length < 1 || size - front.emptyFrames < 1) throw new Error("the sound is too short for one frame");
    const samples = new Float32Array(length);
    samples.set(this.sound.subarray(0, length));
    const frames = size - front.emptyFrames;
    const x = new Tensor("float32", samples, [1, 1, length]);
    const input =
      front.input === "waveform"
        ? await this.#run(x, (g, sound) => inputOf(g, sound, front, frames))
        : await this.#run(await this.#powerOf(x, front, frames), (g, power) =>
            pictureOf(g, { power }, front, frames),
          );
    const network = await this.#networkFor(front, size);
    const { answer, logits } = await network.run({ x: input });
    return { answer: answer.data as Float32Array, logits: logits.data as Float32Array };
  }

  async close(): Promise<void> {
    await this.#network?.session.release();
    this.#network = undefined;
  }

  /** Most fronts that are tried differ behind the transform, which is most of the work: its last results are kept. */
  async #powerOf(x: OrtTensor, front: Front, frames: number): Promise<OrtTensor> {
    const key = JSON.stringify([x.dims, frames, ...BEFORE_POWER.map((name) => front[name])]);
    const known = this.#powers.get(key);
    const value = known ?? (await this.#run(x, (g, sound) => powerOf(g, sound, front, frames)));
    // The one that was asked for longest ago goes first.
    this.#powers.delete(key);
    this.#powers.set(key, value);
    for (const oldest of this.#powers.keys())
      if (this.#powers.size > KEPT_POWERS) this.#powers.delete(oldest);
    return value;
  }

  async #run(x: OrtTensor, build: (g: GraphBuilder, x: Tensor) => Tensor): Promise<OrtTensor> {
    const session = await this.#open((g) => {
      g.output("y", build(g, g.input("x", "float32", [...x.dims])));
    });
    try {
      return (await session.run({ x }))["y"] as OrtTensor;
    } finally {
      await session.release();
    }
  }

  async #networkFor(front: Front, time: number): Promise<Session> {
    const picture = front.input !== "waveform";
    const sizes = picture ? [time, bandsOf(front)] : [time];
    const size = sizes.join();
    if (this.#network?.size === size) return this.#network.session;
    await this.close();
    const session = await this.#open((g) => {
      const x = g.input("x", "float32", picture ? [1, 1, ...sizes] : [1, 1, time]);
      const copyOf = inline(g, this.read.graph, inLayout(g, x, this.layout, sizes));
      g.output("answer", copyOf(this.read.answer));
      g.output("logits", copyOf(this.read.logits));
    });
    this.#network = { size, session };
    return session;
  }

  async #open(build: (g: GraphBuilder) => void): Promise<Session> {
    const g = new GraphBuilder();
    build(g);
    return this.runtime.ort.InferenceSession.create(encodeModel(g), this.runtime.sessionOptions);
  }
}
