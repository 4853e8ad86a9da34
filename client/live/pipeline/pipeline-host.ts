import { Subscription } from "rxjs";
import type { OpenPack } from "../../../models/pack/open-pack.ts";
import { audioShape } from "../../../models/pack/pack.ts";
import { type AudioShape, hopMs, localOnlyReason } from "../../../protocol/audio-shape.ts";
import { EngineError } from "../../../protocol/engine.ts";
import type { Asked, EngineFactories } from "../engines/candidates.ts";
import { EngineKeeper, type KeeperState } from "../engines/engine-keeper.ts";
import { toProblem } from "../problems.ts";
import type { StreamPlan } from "../session/stream-plan.ts";
import { DelayPolicy } from "./delay-policy.ts";
import { Pipeline } from "./pipeline.ts";
import type { PageToPipeline, PipelineOptions, PipelineToPage } from "./pipeline-messages.ts";
import { ProcessorLink } from "./processor-link.ts";

/** What masks take on top of the engine, to begin with: records come in bursts of 10 ms and more. */
const TRANSPORT_MS = 15;

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
  plan: StreamPlan;
}

/** Everything that the pipeline worker does, apart from being a worker: one pack, one stream, one life. */
export class PipelineHost {
  readonly #parts: HostParts;
  readonly #subscriptions = new Subscription();
  #opened: Opened | null = null;
  /** A plan that came before the pack. */
  #plan: StreamPlan | null = null;
  #engine: PipelineOptions["engine"] = "local";
  #asked: Asked = {};
  /** Null until an engine was measured. */
  #policy: DelayPolicy | null = null;
  #pipeline: Pipeline | null = null;
  #link: ProcessorLink | null = null;
  /** Where columns go besides the page, and what feeds them. */
  readonly #columnPorts = new Map<number, MessagePort>();
  readonly #feeds = new Map<number, Subscription>();
  #closed = false;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  receive(message: PageToPipeline): void {
    switch (message.type) {
      case "open":
        void this.#open(message.options);
        break;
      case "connect":
        this.#connect(message);
        break;
      case "engine":
        this.#engine = message.engine;
        void this.#select();
        break;
      case "ask":
        this.#asked = message.asked;
        void this.#select();
        break;
      case "plan":
        this.#usePlan(message.plan);
        break;
      case "column-port":
        this.#columnPorts.set(message.id, message.port);
        this.#feedColumnPort(message.id);
        break;
      case "column-port-closed":
        this.#closeColumnPort(message.id);
        break;
      case "columns-received":
        this.#pipeline?.columnsReceived();
        break;
      case "close":
        void this.#close();
        break;
      default:
        message satisfies never;
    }
  }

  async #open(options: PipelineOptions): Promise<void> {
    this.#engine = options.engine;
    this.#asked = options.asked;
    try {
      const open = await this.#parts.openPack(options);
      if (this.#closed) return;
      this.#parts.post({ type: "measuring" });
      const shape = audioShape(open.pack);
      const keeper = this.#makeKeeper(open, shape, options);
      this.#opened = { options, pack: open.pack, shape, keeper, plan: this.#plan ?? options.plan };
    } catch (error) {
      this.#fail(error);
      return;
    }
    await this.#select();
  }

  /** The newest choice of engine and of what it is asked. A failure after the first success leaves the engine that there was. */
  async #select(): Promise<void> {
    if (!this.#opened || this.#closed) return;
    try {
      // Where phases are needed there is nothing to choose from.
      const engine = this.#opened.shape.phases && this.#engine === "auto" ? "local" : this.#engine;
      await this.#opened.keeper.select(engine, this.#asked);
    } catch (error) {
      // Another choice has come meanwhile.
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (this.#policy)
        this.#parts.post({
          type: "notice",
          notice: { code: "engine-failed", detail: toProblem(error).detail, next: "nothing" },
        });
      else this.#fail(error);
    }
  }

  #makeKeeper(open: OpenPack, shape: AudioShape, options: PipelineOptions): EngineKeeper {
    const { windowFrames, name } = open.pack;
    const { strideFrames } = this.#plan ?? options.plan;
    const { bins, phases } = shape;
    const factories = this.#parts.factories(open, options);
    const plan = () => this.#plan ?? options.plan;
    const remote = () => Promise.reject(new EngineError("refused", localOnlyReason(name)));
    return new EngineKeeper({
      factories: phases ? { ...factories, remote } : factories,
      shape: { windowFrames, bins, phases, strideFrames },
      // Asked for at each choice between engines; the listener may have changed it.
      get strideMs() {
        return plan().strideFrames * hopMs(shape);
      },
      deadlineMs: () => this.#deadlineMs(shape, options.plan),
      onEngine: (state) => this.#useEngine(state),
      onNotice: (notice) => this.#parts.post({ type: "notice", notice }),
      onProblem: (problem) => this.#parts.post({ type: "problem", problem }),
      now: () => performance.now(),
      wait,
      random: Math.random,
    });
  }

  /** What the longest delay leaves an engine of a window: the stride before it and the ways there and back are not its. */
  #deadlineMs(shape: AudioShape, first: StreamPlan): number {
    const { maxDelayFrames, strideFrames } = this.#opened?.plan ?? first;
    const step = hopMs(shape);
    return Math.max(2 * step, (maxDelayFrames - strideFrames) * step - TRANSPORT_MS);
  }

  #useEngine({ kind, description, warmUpMs, reason }: KeeperState): void {
    const { post } = this.#parts;
    post({ type: "engine", kind, description, reason });
    if (this.#policy) {
      this.#pipeline?.engineChanged();
      return;
    }
    const { plan, shape } = this.#opened as Opened;
    this.#policy = new DelayPolicy({ ...plan, hopMs: hopMs(shape) }, warmUpMs + TRANSPORT_MS);
    post({ type: "ready", delayFrames: this.#policy.delayFrames });
  }

  #usePlan(plan: StreamPlan): void {
    this.#plan = plan;
    if (!this.#opened) return;
    this.#opened.plan = plan;
    this.#policy?.change({ ...plan, hopMs: hopMs(this.#opened.shape) });
    this.#pipeline?.setPace(plan);
  }

  #connect({ port, memory }: PageToPipeline & { type: "connect" }): void {
    const { post } = this.#parts;
    if (!this.#opened || !this.#policy || this.#closed) {
      port.close();
      return;
    }
    const { options, pack, shape, keeper, plan } = this.#opened;
    const link = new ProcessorLink(port, memory, shape);
    const pipeline = new Pipeline({
      records$: link.records$,
      link,
      explain: (window) => keeper.explain(window),
      leastMs: () => keeper.leastMs,
      policy: this.#policy,
      pace: plan,
      settings: {
        windowFrames: pack.windowFrames,
        shape,
        maxDelayFrames: options.longestDelayFrames,
        framingMs: plan.framingMs,
      },
      now: () => performance.now(),
    });
    this.#link = link;
    this.#pipeline = pipeline;
    const error = (cause: unknown) => this.#fail(cause);
    this.#subscriptions.add(
      pipeline.decisions$.subscribe({ next: (decision) => post({ type: "decision", decision }), error }),
    );
    this.#subscriptions.add(
      pipeline.columns$.subscribe({
        next: (columns) =>
          post({ type: "columns", columns }, [
            columns.magnitudes.buffer as ArrayBuffer,
            columns.mask.buffer as ArrayBuffer,
          ]),
        error,
      }),
    );
    this.#subscriptions.add(
      pipeline.timings$.subscribe({ next: (timing) => post({ type: "timing", timing }), error }),
    );
    for (const id of this.#columnPorts.keys()) this.#feedColumnPort(id);
    link.setDelay(this.#policy.delayFrames);
    link.start();
  }

  #feedColumnPort(id: number): void {
    const port = this.#columnPorts.get(id);
    if (!this.#pipeline || !port) return;
    const { columns$, received } = this.#pipeline.openColumns();
    port.onmessage = received;
    this.#feeds.set(
      id,
      columns$.subscribe({
        next: (columns) =>
          port.postMessage(columns, [
            columns.magnitudes.buffer as ArrayBuffer,
            columns.mask.buffer as ArrayBuffer,
          ]),
        // The page hears of it.
        error: () => this.#closeColumnPort(id),
      }),
    );
  }

  #closeColumnPort(id: number): void {
    this.#feeds.get(id)?.unsubscribe();
    this.#feeds.delete(id);
    this.#columnPorts.get(id)?.close();
    this.#columnPorts.delete(id);
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#parts.post({ type: "problem", problem: toProblem(error) });
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscriptions.unsubscribe();
    for (const id of [...this.#columnPorts.keys()]) this.#closeColumnPort(id);
    this.#link?.close();
    await this.#opened?.keeper.close().catch(() => {});
    this.#parts.post({ type: "closed" });
  }
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
