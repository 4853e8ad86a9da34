import type { ChannelChoice, ChannelVerdict } from "../../../dsp/channel-choice.ts";
import { blockSizes } from "../../../models/pack/live-frames.ts";
import { audioShape, type Pack } from "../../../models/pack/pack.ts";
import type { ProcessorOptions, ProcessorToPage } from "../../../protocol/port.ts";
import type { LiveAssets } from "../assets.ts";
import {
  createExplainerNode,
  type ExplainerNode,
  keepRunning,
  loadWorklet,
  resumeContext,
  workletProblem,
} from "../audio/audio-graph.ts";
import type { KeptContext } from "../audio/kept-context.ts";
import { outputLatency } from "../audio/output-latency.ts";
import { type OpenSource, openSource } from "../audio/sources.ts";
import { platformNotices } from "../audio/worklet-support.ts";
import type {
  Decision,
  DelaySetting,
  EngineChoice,
  Environment,
  Listening,
  LiveEvent,
  Problem,
  Source,
  SpectrogramColumns,
  Status,
  Timings,
} from "../live-explainer.ts";
import type { KeptPipeline } from "../pipeline/kept-pipeline.ts";
import type { PipelineStream } from "../pipeline/pipeline-client.ts";
import type { PipelineToPage } from "../pipeline/pipeline-messages.ts";
import { ProblemError, toProblem } from "../problems.ts";
import { Scope } from "../scope.ts";
import { streamMemory } from "../stream-memory.ts";
import type { Told } from "../told.ts";
import { within } from "../within.ts";
import type { ColumnPorts } from "./column-ports.ts";
import { ExplanationWatch } from "./explanation-watch.ts";
import { Freezer } from "./freezer.ts";
import type { Frozen } from "./moment.ts";
import { longestDelay, planStream, type StreamPlan, type StreamWishes } from "./stream-plan.ts";
import { LOOK_MS, Watchdog } from "./watchdog.ts";

/** What the listener has chosen so far; a session begins with it and follows changes. */
export interface Choices {
  readonly listening: Listening;
  readonly matchLoudness: boolean;
  readonly volume: number;
  readonly engine: EngineChoice;
  readonly method: string | undefined;
  /** -1 is the winner. */
  readonly target: number;
  readonly delay: DelaySetting;
}

export interface SessionSettings {
  readonly assets: LiveAssets;
  readonly serverUrl: string | null;
  readonly serverToken: string | undefined;
  readonly wishes: StreamWishes;
  readonly columnPorts: ColumnPorts;
  readonly context: KeptContext;
  readonly pipeline: KeptPipeline;
  readonly connectOutput: (output: AudioNode) => void;
  readonly getUserMedia: (constraints: MediaStreamConstraints) => Promise<MediaStream>;
  readonly guardFeedback: boolean;
  readonly channel: ChannelChoice | undefined;
}

/** A pack and its folder's URL. */
export interface LocatedPack {
  readonly pack: Pack;
  readonly url: string;
  /** What the address of the server's engine ends with for this pack. */
  readonly serverPath: string;
  /** False where the page's server said that it does not explain with this pack: it is not asked then. */
  readonly serverExplains: boolean;
}

interface SessionEvents {
  status(status: Status): void;
  decision(decision: Decision): void;
  columns(columns: SpectrogramColumns): void;
  timings(timings: Timings): void;
  /** For the log. */
  event(kind: LiveEvent["kind"], told: Told): void;
  /** The output fed back into the microphone. */
  howled(): void;
  /** What went out last, as it ends. */
  kept(frozen: Frozen): void;
  /** It stands still, and only a fresh session can help. */
  stuck(problem: Problem): void;
}

type Running = Extract<Status, { state: "running" }>;

const STANDING_STILL = {
  device: "the sound device stands still",
  frames: "no sound reaches the model any more",
} as const;

/** Beyond what the sound is late by, so that its very end is heard. */
const TAIL_MS = 300;
/** How long the audio thread may take to tell what went out last. */
const LAST_MS = 400;

/**
 * One stream from start to stop: source, worklet node, its part of the worker. All of it belongs to one scope, so that
 * nothing is left when it closes, however far the start had come. Audio context and worker are lent to it.
 */
export class Session {
  readonly #scope = new Scope();
  readonly #settings: SessionSettings;
  readonly #events: SessionEvents;
  #choices: Choices;
  #pipeline: PipelineStream | null = null;
  #explainer: ExplainerNode | null = null;
  #freezer: Freezer | null = null;
  #sourceName = "";
  #context: AudioContext | null = null;
  #gain: GainNode | null = null;
  #pack: Pack | null = null;
  #running: Running | null = null;
  #explanation: ExplanationWatch | null = null;
  #sourceNotices: readonly Told[] = [];
  /** What is wrong just now, by where. */
  readonly #troubles = new Map<"engine" | "source" | "device" | "channels", Told>();
  #frameMessages = 0;
  #sharesMemory = false;
  #engine: Pick<Running, "engine" | "engineDescription"> = { engine: "local", engineDescription: "" };
  #algorithmicMs = 0;
  #problem: Problem | null = null;
  /** Whether the page still waits for device or source, so that the model's progress is not what it waits for. */
  #starting = true;
  #loaded = false;
  #ready: (delayFrames: number) => void = () => {};
  #broken: (error: ProblemError) => void = () => {};

  constructor(settings: SessionSettings, choices: Choices, events: SessionEvents) {
    this.#settings = settings;
    this.#choices = choices;
    this.#events = events;
  }

  /** Resolves when the source is heard; rejects with a `ProblemError`, or with an `AbortError` when closed meanwhile. */
  async start(source: Source, pack: Promise<LocatedPack>): Promise<void> {
    try {
      await this.#start(source, pack);
    } catch (error) {
      // Closing is what ended it, and a problem may be why it closed.
      if (this.#scope.closed && !this.#problem) throw error;
      const problem = this.#problem ?? toProblem(error);
      await this.#fail(problem);
      throw new ProblemError(problem.code, problem.detail, { cause: error });
    }
  }

  choose(choices: Choices): void {
    const { listening, matchLoudness, volume, engine, method, target, delay } = choices;
    const before = this.#choices;
    this.#choices = choices;
    this.#freezer?.asked(choices, before);
    if (listening !== before.listening) this.#explainer?.post({ type: "listening", listening });
    if (matchLoudness !== before.matchLoudness) {
      this.#explainer?.post({ type: "match-loudness", on: matchLoudness });
    }
    if (volume !== before.volume && this.#context) {
      // A time constant of 10 ms: no click.
      this.#gain?.gain.setTargetAtTime(volume, this.#context.currentTime, 0.01);
    }
    if (engine !== before.engine) this.#pipeline?.post({ type: "engine", engine });
    if (delay !== before.delay || (this.#pack?.streaming && method !== before.method)) {
      const plan = this.#plan();
      if (plan) this.#pipeline?.post({ type: "plan", plan });
    }
    if (method !== before.method || target !== before.target) {
      this.#pipeline?.post({ type: "ask", asked: { method, target } });
    }
  }

  /** What went out lately, and what it was explained with; null before anything could. */
  freeze(): Promise<Frozen> | null {
    if (!this.#freezer || !this.#running || this.#scope.closed) return null;
    const { method, target } = this.#choices;
    return this.#freezer.freeze({ source: this.#sourceName, ...this.#engine, method, target });
  }

  /** Keeps what went out last, and closes. */
  async leave(): Promise<void> {
    const frozen = await this.#last();
    if (frozen) this.#events.kept(frozen);
    await this.close();
  }

  /** Null when nothing went out, or when the audio thread is gone already. */
  async #last(): Promise<Frozen | null> {
    const frozen = this.freeze();
    if (!frozen) return null;
    return within(frozen, LAST_MS, () => new Error("the audio thread is gone")).catch(() => null);
  }

  /** Releases everything; resolves when it is done. */
  close(): Promise<void> {
    return this.#scope.close();
  }

  async #start(source: Source, pack: Promise<LocatedPack>): Promise<void> {
    const { status } = this.#events;
    const scope = this.#scope;
    status({ state: "starting", step: "audio" });
    const missing = workletProblem();
    if (missing) throw missing;
    if (source.kind === "microphone" && !globalThis.isSecureContext) {
      throw new ProblemError("insecure-context", `${location.origin} is neither https nor this computer`);
    }
    // First of all, while the person's press still counts.
    const context = this.#openContext(source);
    const located = await pack;
    scope.check();
    const shape = audioShape(located.pack);
    this.#pack = located.pack;
    const maxDelayFrames = longestDelay(
      shape,
      context.sampleRate,
      this.#settings.wishes,
      blockSizes(located.pack),
    );
    const delay = this.#openPipeline(located, maxDelayFrames);
    // It is waited for below; until then its failure must not count as unheard.
    delay.catch(() => {});
    await loadWorklet(context, this.#settings.assets.worklet);
    await resumeContext(context, scope);
    scope.check();

    status({ state: "starting", step: source.kind === "microphone" ? "microphone" : "file" });
    const opened = await Promise.race([this.#openSource(source, context), delay.then(forever)]);
    scope.check();
    this.#sourceNotices = [...platformNotices(), ...opened.notices];
    // A microphone's own name is nobody's business but the listener's.
    this.#sourceName = source.kind === "microphone" ? "microphone" : opened.name;

    status({ state: "starting", step: this.#loaded ? "engine" : "model" });
    this.#starting = false;
    const delayFrames = await delay;
    scope.check();
    const { masking } = located.pack;
    this.#connect(context, opened.node, {
      shape,
      masking,
      delayFrames,
      maxDelayFrames,
      guardFeedback: this.#settings.guardFeedback && source.kind === "microphone",
      channel: this.#settings.channel,
    });
    opened.begin();
    this.#explanation = new ExplanationWatch(shape);
    this.#running = {
      state: "running",
      source: opened.name,
      ...this.#engine,
      explanation: this.#explanation.state,
      notices: this.#notices(),
    };
    status(this.#running);
    this.#keepFlowing(context);
  }

  /** A node's own context, or the page's. */
  #openContext(source: Source): AudioContext {
    if (source.kind === "node") {
      this.#context = contextOf(source.node);
      return this.#context;
    }
    try {
      this.#context = this.#settings.context.take();
      return this.#context;
    } catch (error) {
      throw new ProblemError("audio-unsupported", `no audio context: ${error}`, { cause: error });
    }
  }

  /** Resolves with the delay when an engine was chosen. */
  async #openPipeline(
    { url, serverPath, serverExplains }: LocatedPack,
    longestDelayFrames: number,
  ): Promise<number> {
    const { assets, serverUrl, serverToken, pipeline, columnPorts } = this.#settings;
    const place = {
      packUrl: url,
      wasm: assets.wasm,
      serverUrl: serverExplains && serverUrl !== null ? serverUrl + serverPath : null,
      serverToken,
      longestDelayFrames,
    };
    const scope = this.#scope;
    const client = await pipeline.take({ ...place, worker: assets.worker }, scope.signal);
    scope.check();
    const { engine, method, target } = this.#choices;
    const wishes = { engine, asked: { method, target }, plan: this.#plan() as StreamPlan };
    const stream = client.begin({ ...place, ...wishes }, (message) => this.#hear(message));
    scope.add(() => stream.end());
    scope.add(columnPorts.attach(stream.columnPorts));
    this.#pipeline = stream;
    return new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.#broken = reject;
      scope.signal.addEventListener("abort", () => reject(scope.signal.reason));
    });
  }

  /** The times of the chosen setting; null until the pack is there. */
  #plan(): StreamPlan | null {
    if (!this.#pack || !this.#context) return null;
    const { delay, method } = this.#choices;
    return planStream(
      audioShape(this.#pack),
      this.#context.sampleRate,
      this.#settings.wishes,
      delay,
      blockSizes(this.#pack, method),
    );
  }

  #openSource(source: Source, context: AudioContext): Promise<OpenSource> {
    return openSource(source, {
      context,
      scope: this.#scope,
      getUserMedia: this.#settings.getUserMedia,
      onTrouble: (notice, event) => {
        this.#events.event("device", event);
        this.#trouble("source", notice);
      },
      onEnded: () => this.#sourceEnded(),
      onProblem: (problem) => void this.#fail(problem),
    });
  }

  #connect(
    context: AudioContext,
    source: AudioNode,
    stream: Pick<
      ProcessorOptions,
      "shape" | "masking" | "delayFrames" | "maxDelayFrames" | "guardFeedback" | "channel"
    >,
  ): void {
    const scope = this.#scope;
    const { memory, recent } = streamMemory(stream.shape, stream.maxDelayFrames);
    this.#sharesMemory = memory !== null;
    const { listening, matchLoudness, volume } = this.#choices;
    // Before the explainer, so that it is released after it.
    const gain = scope.own(context.createGain(), (each) => each.disconnect());
    gain.gain.value = volume;
    const explainer = createExplainerNode(
      context,
      { sampleRate: context.sampleRate, ...stream, listening, matchLoudness, memory, recent },
      scope,
      (message) => this.#hearProcessor(message),
    );
    this.#freezer = new Freezer({
      shape: stream.shape,
      memory: recent,
      post: (message) => explainer.post(message),
      now: () => performance.now(),
    });
    const { port1, port2 } = new MessageChannel();
    explainer.post({ type: "connect", port: port1 }, [port1]);
    this.#pipeline?.connect(port2, memory);
    source.connect(explainer.node);
    // A node that something still sounds into goes on after its processor's end.
    scope.add(() => source.disconnect(explainer.node));
    explainer.node.connect(gain);
    this.#settings.connectOutput(gain);
    this.#explainer = explainer;
    this.#gain = gain;
  }

  #hearProcessor(message: ProcessorToPage): void {
    if (message.type === "failed") void this.#fail({ code: "unexpected", detail: message.detail });
    else if (message.type === "recent") this.#freezer?.received(message);
    else if (message.type === "channels") this.#hearChannels(message.verdict);
    else if (message.type === "howled") {
      this.#events.event("device", { code: "howled" });
      this.#events.howled();
    }
  }

  #hear(message: PipelineToPage): void {
    switch (message.type) {
      case "measuring":
        this.#loaded = true;
        if (!this.#starting && !this.#running) this.#events.status({ state: "starting", step: "engine" });
        break;
      case "ready":
        this.#ready(message.delayFrames);
        break;
      case "engine":
        this.#engine = { engine: message.kind, engineDescription: message.description };
        this.#events.event("engine", {
          code: "engine-answers",
          engine: message.kind,
          reason: message.reason,
        });
        this.#update();
        break;
      case "notice":
        this.#trouble("engine", message.notice);
        if (!this.#running && message.notice?.code === "server-warming") {
          const { progress } = message.notice;
          this.#events.status({
            state: "starting",
            step: "server",
            ...(progress !== undefined && { progress }),
          });
        }
        break;
      case "decision":
        this.#freezer?.decided(message.decision);
        this.#events.decision(message.decision);
        break;
      case "restarted":
        this.#events.event("engine", { code: "model-restarted", why: message.why });
        break;
      case "columns":
        this.#frameMessages++;
        this.#pipeline?.post({ type: "columns-received" });
        this.#explanation?.push(message.columns);
        this.#explanationChanged();
        this.#events.columns(message.columns);
        break;
      case "timing":
        this.#algorithmicMs = message.timing.algorithmicMs;
        this.#events.timings({ ...message.timing, deviceMs: this.#deviceMs() });
        break;
      case "problem":
        this.#broken(new ProblemError(message.problem.code, message.problem.detail));
        if (this.#running) void this.#fail(message.problem);
        break;
      case "hello":
      case "ended":
      case "closed":
        break;
      default:
        message satisfies never;
    }
  }

  /** Tells of another engine or notice, once it runs. */
  #update(): void {
    const before = this.#running;
    if (!before || this.#scope.closed) return;
    const explanation = this.#explanation?.state ?? before.explanation;
    const now = { ...before, ...this.#engine, explanation, notices: this.#notices() };
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    this.#running = now;
    this.#events.status(now);
  }

  #explanationChanged(): void {
    const before = this.#running?.explanation;
    const now = this.#explanation?.state;
    if (!before || !now || now === before) return;
    if (now === "away") this.#events.event("engine", { code: "explanation-away" });
    else if (before === "away") this.#events.event("engine", { code: "explanation-back" });
    this.#update();
  }

  #notices(): Told[] {
    return [...this.#sourceNotices, ...this.#troubles.values()];
  }

  #hearChannels(verdict: ChannelVerdict): void {
    const all = verdict.heard.length === verdict.of;
    this.#trouble("channels", all ? null : { code: "channels", verdict });
  }

  #trouble(where: "engine" | "source" | "device" | "channels", notice: Told | null): void {
    if (notice === null) this.#troubles.delete(where);
    else this.#troubles.set(where, notice);
    this.#update();
  }

  /** Sees that sound flows, and mends what can be mended. */
  #keepFlowing(context: AudioContext): void {
    const scope = this.#scope;
    const { event, stuck } = this.#events;
    keepRunning(context, scope, (state) => {
      event("device", state === null ? { code: "flows" } : { code: "held-back", state });
      this.#trouble("device", state === null ? null : { code: "held-back", state: null });
    });
    const watchdog = new Watchdog({
      now: () => Date.now(),
      audioTime: () => context.currentTime,
      running: () => context.state === "running",
      frames: () => this.#frameMessages,
      onSlept: (seconds) => event("device", { code: "slept", seconds }),
      onStill: (what) => {
        event("device", { code: "stands-still", what, trying: false });
        this.#trouble("device", { code: "stands-still", what, trying: true });
        if (what === "device") void context.suspend().catch(() => {});
      },
      onFlowing: () => {
        event("device", { code: "flows" });
        this.#trouble("device", null);
      },
      onDead: (what) => stuck({ code: "audio-suspended", detail: STANDING_STILL[what] }),
    });
    const look = setInterval(() => {
      watchdog.look();
      this.#explanation?.look(context.state === "running");
      this.#explanationChanged();
    }, LOOK_MS);
    scope.add(() => clearInterval(look));
  }

  /** What it runs on, as it is now. */
  get environment(): Pick<
    Environment,
    "sampleRate" | "baseLatencyMs" | "outputLatencyMs" | "audioState" | "sharedMemory"
  > {
    const { sampleRate, baseLatency, state } = this.#context ?? {};
    const ms = (seconds: number | null | undefined) => (seconds == null ? null : 1_000 * seconds);
    return {
      sampleRate: sampleRate ?? null,
      baseLatencyMs: ms(baseLatency),
      outputLatencyMs: ms(this.#context && outputLatency(this.#context)),
      audioState: state ?? null,
      sharedMemory: this.#sharesMemory,
    };
  }

  #deviceMs(): number | null {
    const latency = this.#context && outputLatency(this.#context);
    return this.#context && latency !== null ? 1_000 * (this.#context.baseLatency + latency) : null;
  }

  #sourceEnded(): void {
    const late = this.#algorithmicMs + (this.#deviceMs() ?? 0) + TAIL_MS;
    this.#scope.timeout(() => {
      void this.leave()
        .catch(() => {})
        .then(() => this.#events.status({ state: "stopped", reason: "ended" }));
    }, late);
  }

  async #fail(problem: Problem): Promise<void> {
    if (this.#scope.closed || this.#problem) return;
    this.#problem = problem;
    await this.leave().catch(() => {});
    this.#events.status({ state: "failed", problem });
  }
}

function contextOf({ context }: AudioNode): AudioContext {
  if ("suspend" in context && !("startRendering" in context)) return context as AudioContext;
  throw new ProblemError(
    "audio-unsupported",
    "the node's context renders offline, and only a live one can be explained",
  );
}

/** Loses every race. */
function forever(): Promise<never> {
  return new Promise(() => {});
}
