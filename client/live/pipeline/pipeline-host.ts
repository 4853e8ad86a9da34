import { Subscription } from "rxjs";
import { blockSizes } from "../../../models/pack/live-frames.ts";
import type { OpenPack } from "../../../models/pack/open-pack.ts";
import { audioShape } from "../../../models/pack/pack.ts";
import { type AudioShape, hopMs, localOnlyReason } from "../../../protocol/audio-shape.ts";
import { EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";
import type { EngineFactories } from "../engines/candidates.ts";
import { EngineKeeper, type KeeperState } from "../engines/engine-keeper.ts";
import type { WarmUpShape } from "../engines/warm-up.ts";
import { toProblem } from "../problems.ts";
import type { StreamPlan } from "../session/stream-plan.ts";
import type { Told } from "../told.ts";
import { ColumnFeeds } from "./column-feeds.ts";
import { DelayPolicy } from "./delay-policy.ts";
import { Pipeline } from "./pipeline.ts";
import type { PageToPipeline, PipelineOptions, PipelineToPage } from "./pipeline-messages.ts";
import { ProcessorLink } from "./processor-link.ts";

/** What masks take on top of the engine, to begin with: records come in bursts of 10 ms and more. */
const TRANSPORT_MS = 15;
/** No frame of a stream follows on those that engines are measured with: what they remember of them is no part of it. */
const FAR_BEFORE = -1_000_000;

interface HostParts {
  readonly post: (message: PipelineToPage, transfer?: Transferable[]) => void;
  /** Fetches and checks the pack of `options.packUrl`. */
  readonly openPack: (options: PipelineOptions) => Promise<OpenPack>;
  readonly factories: (pack: OpenPack, options: PipelineOptions) => EngineFactories;
}

/** What exists once the pack is there. */
interface Opened {
  readonly options: PipelineOptions;
  readonly pack: OpenPack["pack"];
  readonly shape: AudioShape;
  readonly keeper: EngineKeeper;
}

/** What a stream wants, as it is now. */
type Wishes = Pick<PipelineOptions, "engine" | "asked" | "plan">;

/** What ends with a stream. */
interface Stream {
  wishes: Wishes;
  /** Null until an engine was measured. */
  policy: DelayPolicy | null;
  pipeline: Pipeline | null;
  readonly subscriptions: Subscription;
}

/**
 * Everything that the pipeline worker does, apart from being a worker: one pack, one model, and one stream after the other.
 * Of a stream nothing outlives its end but the engines, which know windows alone.
 */
export class PipelineHost {
  readonly #parts: HostParts;
  readonly #columns = new ColumnFeeds();
  /** Of the first stream; what is not a wish of it holds for all. */
  #options: PipelineOptions | null = null;
  #loading = false;
  #opened: Opened | null = null;
  #stream: Stream | null = null;
  /** What a person should know of the engine just now. */
  #notice: Told | null = null;
  /** The window that an engine is at, be it of the stream before: they take one at a time. */
  #atWork: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  receive(message: PageToPipeline): void {
    const before = this.#stream?.wishes.asked;
    switch (message.type) {
      case "open":
        this.#options = message.options;
        this.#begin(message.options);
        break;
      case "again":
        this.#begin(message);
        break;
      case "connect":
        this.#connect(message);
        break;
      case "engine":
        this.#wish({ engine: message.engine });
        void this.#select();
        break;
      case "ask":
        this.#wish({ asked: message.asked });
        // Of a streaming pack the class goes along with the frames.
        if (!this.#opened?.pack.streaming || message.asked.method !== before?.method) void this.#select();
        break;
      case "plan":
        this.#wish({ plan: message.plan });
        this.#usePlan(message.plan);
        break;
      case "column-port":
        this.#columns.open(message.id, message.port);
        break;
      case "column-port-closed":
        this.#columns.close(message.id);
        break;
      case "columns-received":
        this.#stream?.pipeline?.columnsReceived();
        break;
      case "end":
        this.#end();
        this.#parts.post({ type: "ended" });
        break;
      case "rest":
        this.#notice = null;
        this.#opened?.keeper.rest();
        break;
      case "close":
        void this.#close();
        break;
      default:
        message satisfies never;
    }
  }

  #begin({ engine, asked, plan }: Wishes): void {
    const subscriptions = new Subscription();
    this.#stream = { wishes: { engine, asked, plan }, policy: null, pipeline: null, subscriptions };
    if (this.#opened) {
      this.#parts.post({ type: "measuring" });
      void this.#select();
    } else void this.#load();
  }

  #wish(change: Partial<Wishes>): void {
    if (this.#stream) this.#stream.wishes = { ...this.#stream.wishes, ...change };
  }

  /** Once; again where it failed. */
  async #load(): Promise<void> {
    if (this.#loading || !this.#options) return;
    this.#loading = true;
    try {
      const open = await this.#parts.openPack(this.#options);
      if (this.#closed) return;
      this.#parts.post({ type: "measuring" });
      const shape = audioShape(open.pack);
      const keeper = this.#makeKeeper(open, shape, this.#options);
      this.#opened = { options: this.#options, pack: open.pack, shape, keeper };
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      this.#loading = false;
    }
    await this.#select();
  }

  /** The newest choice of engine and of what it is asked. A failure after the first success leaves the engine that there was. */
  async #select(): Promise<void> {
    const stream = this.#stream;
    if (!this.#opened || !stream || this.#closed) return;
    try {
      const { engine, asked: wished } = stream.wishes;
      const asked = this.#opened.pack.streaming ? { method: wished.method } : wished;
      // Where phases are needed there is nothing to choose from.
      const alone = this.#opened.shape.phases && engine === "auto";
      await this.#opened.keeper.select(alone ? "local" : engine, asked);
    } catch (error) {
      // Another choice has come meanwhile.
      if (error instanceof DOMException && error.name === "AbortError") return;
      // Nobody waits for it any more.
      if (stream !== this.#stream) return;
      if (stream.policy) {
        const { detail } = toProblem(error);
        this.#tellNotice({ code: "engine-failed", detail, next: "nothing" });
      } else this.#fail(error);
    }
  }

  #makeKeeper(open: OpenPack, shape: AudioShape, options: PipelineOptions): EngineKeeper {
    const { windowFrames, name, streaming } = open.pack;
    const plan = () => this.#stream?.wishes.plan ?? options.plan;
    const { bins, phases } = shape;
    const warmUp = (): WarmUpShape => {
      const { strideFrames } = plan();
      const common = { bins, phases, strideFrames };
      return streaming
        ? { ...common, windowFrames: strideFrames, firstFrame: FAR_BEFORE }
        : { ...common, windowFrames };
    };
    const factories = this.#parts.factories(open, options);
    const remote = () => Promise.reject(new EngineError("refused", localOnlyReason(name)));
    return new EngineKeeper({
      factories: phases ? { ...factories, remote } : factories,
      remembers: streaming !== undefined,
      // Asked for at each choice between engines; the listener may have changed them.
      get shape() {
        return warmUp();
      },
      get strideMs() {
        return plan().strideFrames * hopMs(shape);
      },
      deadlineMs: () => deadlineMs(plan(), shape),
      onEngine: (state) => this.#useEngine(state, shape),
      onNotice: (notice) => this.#tellNotice(notice),
      onProblem: (problem) => this.#parts.post({ type: "problem", problem }),
      now: () => performance.now(),
      wait,
      random: Math.random,
    });
  }

  #tellNotice(notice: Told | null): void {
    this.#notice = notice;
    if (this.#stream) this.#parts.post({ type: "notice", notice });
  }

  #useEngine({ kind, description, warmUpMs, reason }: KeeperState, shape: AudioShape): void {
    const { post } = this.#parts;
    const stream = this.#stream;
    if (!stream) return;
    post({ type: "engine", kind, description, reason });
    if (stream.policy) {
      stream.pipeline?.engineChanged();
      return;
    }
    stream.policy = new DelayPolicy({ ...stream.wishes.plan, hopMs: hopMs(shape) }, warmUpMs + TRANSPORT_MS);
    post({ type: "ready", delayFrames: stream.policy.delayFrames });
    // Of what happened before this stream, and lasts.
    if (this.#notice) post({ type: "notice", notice: this.#notice });
  }

  #usePlan(plan: StreamPlan): void {
    if (!this.#opened) return;
    this.#stream?.policy?.change({ ...plan, hopMs: hopMs(this.#opened.shape) });
    this.#stream?.pipeline?.setPace(plan);
  }

  #connect({ port, memory }: PageToPipeline & { type: "connect" }): void {
    const stream = this.#stream;
    if (!this.#opened || !stream?.policy || this.#closed) {
      port.close();
      return;
    }
    const { options, pack, shape, keeper } = this.#opened;
    const { plan } = stream.wishes;
    const link = new ProcessorLink(port, memory, shape);
    const pipeline = new Pipeline({
      records$: link.records$,
      link,
      explain: (window) =>
        this.#explain(keeper, pack.streaming ? withTarget(window, stream.wishes.asked) : window),
      leastMs: () => keeper.leastMs,
      policy: stream.policy,
      pace: plan,
      settings: {
        windowFrames: pack.windowFrames,
        blockSizes: pack.streaming && (() => blockSizes(pack, stream.wishes.asked.method) ?? []),
        shape,
        maxDelayFrames: options.longestDelayFrames,
        framingMs: plan.framingMs,
      },
      now: () => performance.now(),
    });
    stream.pipeline = pipeline;
    this.#follow(pipeline, stream.subscriptions);
    stream.subscriptions.add(() => link.close());
    this.#columns.begin(pipeline);
    link.setDelay(stream.policy.delayFrames);
    link.start();
  }

  #follow(pipeline: Pipeline, subscriptions: Subscription): void {
    const { post } = this.#parts;
    const error = (cause: unknown) => this.#fail(cause);
    subscriptions.add(
      pipeline.decisions$.subscribe({ next: (decision) => post({ type: "decision", decision }), error }),
    );
    subscriptions.add(pipeline.restarts$.subscribe((why) => post({ type: "restarted", why })));
    subscriptions.add(
      pipeline.columns$.subscribe({
        next: (columns) =>
          post({ type: "columns", columns }, [
            columns.magnitudes.buffer as ArrayBuffer,
            columns.mask.buffer as ArrayBuffer,
          ]),
        error,
      }),
    );
    subscriptions.add(
      pipeline.timings$.subscribe({ next: (timing) => post({ type: "timing", timing }), error }),
    );
  }

  #explain(keeper: EngineKeeper, window: SpectralWindow): Promise<Explanation | null> {
    const work = this.#atWork.then(() => keeper.explain(window));
    this.#atWork = work.catch(() => {});
    return work;
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#parts.post({ type: "problem", problem: toProblem(error) });
  }

  #end(): void {
    this.#stream?.subscriptions.unsubscribe();
    this.#stream = null;
    this.#columns.end();
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#end();
    await this.#opened?.keeper.close().catch(() => {});
    this.#parts.post({ type: "closed" });
  }
}

/** Of streaming packs: the class asked for, as it is now. */
function withTarget(window: SpectralWindow, { target = -1 }: Wishes["asked"]): SpectralWindow {
  return { ...window, target };
}

/** What the longest delay leaves an engine of a window: the stride before it and the ways there and back are not its. */
function deadlineMs({ maxDelayFrames, strideFrames }: StreamPlan, shape: AudioShape): number {
  const step = hopMs(shape);
  return Math.max(2 * step, (maxDelayFrames - strideFrames) * step - TRANSPORT_MS);
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
