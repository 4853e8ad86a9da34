import { BehaviorSubject, Subject } from "rxjs";
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { framesAnswered } from "../../models/explain/window-times.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { fetchPack } from "../../models/pack/open-pack.ts";
import { type Pack, packMethod } from "../../models/pack/pack.ts";
import { type LiveAssets, ownAssets } from "./assets.ts";
import { workletProblem } from "./audio/audio-graph.ts";
import { KeptContext } from "./audio/kept-context.ts";
import { sourceOf } from "./audio/sources.ts";
import { platformNotices } from "./audio/worklet-support.ts";
import type {
  Decision,
  DelaySetting,
  EngineChoice,
  Environment,
  Listening,
  LiveExplainer,
  Moment,
  PackSummary,
  Problem,
  Sounding,
  Source,
  SpectrogramColumns,
  Status,
  Timings,
} from "./live-explainer.ts";
import { patientFetch } from "./patient-fetch.ts";
import { KeptPipeline } from "./pipeline/kept-pipeline.ts";
import { ProblemError, toProblem } from "./problems.ts";
import { engineAddress, serverFolder } from "./server-address.ts";
import { ColumnPorts } from "./session/column-ports.ts";
import { EventLog } from "./session/event-log.ts";
import { type Frozen, momentOf } from "./session/moment.ts";
import { type Choices, type LocatedPack, Session, type SessionSettings } from "./session/session.ts";

export interface LiveExplainerOptions {
  /**
   * A Listenable server, by the URL of its page: its packs go by their names, and its engine may be asked, where `setEngine`
   * says so. Default: none.
   */
  readonly server?: string;
  /**
   * URL of a pack's folder, as in "./packs/mine/"; without a "/", the name of one of the server's packs, or where there is no
   * server, of a released one. Default: the server's own, or "everyday". Released packs lie in this package, where
   * bundlers don't find them: copy its `models/packs` to your page, and give the URL.
   */
  readonly pack?: string | undefined;
  /** Where worklet, worker and wasm are, each as a URL. Default: beside this script. */
  readonly assets?: Partial<LiveAssets>;
  /** Access token for that engine, where its server asks for one. */
  readonly serverToken?: string | undefined;
  /** How late the explanation may be, to begin with. Default "balanced". What follows here overrides parts of it. */
  readonly delay?: DelaySetting;
  /**
   * Frames after a frame that a window should have heard to mask it. Default: the setting's, 4 at 8 ms a frame. With a streaming
   * pack that hears no more: it is a reserve for masks that come late, and none by default.
   */
  readonly lookAheadFrames?: number;
  /**
   * Frames from one window to the next. Default: the setting's, 8 at 8 ms a frame. With a streaming pack, frames that are explained
   * at once: whole blocks, as many as it has a graph for.
   */
  readonly strideFrames?: number;
  /**
   * Limits of the delay from a sound to its explanation, without the device's own. Default 0, and 60, 160 or 260 beside
   * window and hop of the pack: 100, 200 or 300 at 512 and 128 samples of 16 kHz.
   */
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
  /** Makes an audio context, at the device's own rate. It is closed when nothing sounds any more, and made anew for the next start. */
  readonly createContext?: () => AudioContext;
  /** Where the sound goes. Default: the context's destination. A test may connect a recorder instead. */
  readonly connectOutput?: (output: AudioNode) => void;
  /** Default: the browser's own. */
  readonly getUserMedia?: (constraints: MediaStreamConstraints) => Promise<MediaStream>;
  /** Turns the output down when it feeds back into the microphone, for loudspeakers in its room. Default false. */
  readonly guardFeedback?: boolean;
  /**
   * Which channel of a sound is heard, by name or number from 1. Default "mix": the mean of all, or of those that hold sound
   * and do not cancel each other, which a notice tells.
   */
  readonly channel?: ChannelChoice;
}

/** A stream that stands still is begun anew so often within this time; then a person must look. */
const MOST_REVIVALS = 5;
const REVIVAL_SPAN_MS = 600_000;

/** Nothing is loaded or opened before `start` or `pack` is called. */
export function createLiveExplainer(options: LiveExplainerOptions = {}): LiveExplainer {
  return new PageExplainer(options);
}

class PageExplainer implements LiveExplainer {
  readonly #status = new BehaviorSubject<Status>({ state: "idle" });
  readonly #decisions = new Subject<Decision>();
  readonly #columns = new Subject<SpectrogramColumns>();
  readonly #timings = new Subject<Timings>();
  readonly status$ = this.#status.asObservable();
  readonly decisions$ = this.#decisions.asObservable();
  readonly columns$ = this.#columns.asObservable();
  readonly timings$ = this.#timings.asObservable();
  readonly #columnPorts = new ColumnPorts();
  readonly columnPorts$ = this.#columnPorts.ports$;
  readonly #log = new EventLog();
  readonly events$ = this.#log.events$;
  readonly hindrance = workletProblem()?.problem ?? null;
  readonly notices = platformNotices();
  readonly #server: string | undefined;
  readonly #packWish: string | undefined;
  readonly #settings: SessionSettings;
  #choices: Choices;
  #pack: Promise<LocatedPack> | null = null;
  #session: Session | null = null;
  /** What the last stream ended with. */
  #kept: Frozen | null = null;
  /** When sessions were begun anew because the one before stood still. */
  #revivals: number[] = [];
  /** Once it is known. */
  #found: Pack | null = null;
  #closed = false;
  readonly #over = new AbortController();
  /** Of all sessions that were left. */
  #closing: Promise<unknown> = Promise.resolve();
  #howls = 0;

  constructor(options: LiveExplainerOptions) {
    this.#server = options.server === undefined ? undefined : serverFolder(options.server, document.baseURI);
    this.#packWish = options.pack;
    const delay = options.delay ?? "balanced";
    this.#choices = {
      listening: "explanation",
      matchLoudness: false,
      volume: 1,
      engine: "local",
      method: undefined,
      target: -1,
      delay,
    };
    this.#settings = {
      assets: { ...ownAssets(), ...options.assets },
      serverUrl: this.#server === undefined ? null : engineAddress(this.#server),
      serverToken: options.serverToken,
      wishes: options,
      columnPorts: this.#columnPorts,
      context: new KeptContext(
        options.createContext ?? (() => new AudioContext({ latencyHint: "interactive" })),
      ),
      pipeline: new KeptPipeline(),
      connectOutput: options.connectOutput ?? ((output) => output.connect(output.context.destination)),
      getUserMedia: options.getUserMedia ?? askForMicrophone,
      guardFeedback: options.guardFeedback ?? false,
      channel: options.channel,
    };
  }

  async pack(): Promise<PackSummary> {
    try {
      return summary(await this.#locatedPack());
    } catch (error) {
      const { code, detail } = toProblem(error);
      throw new ProblemError(code, detail, { cause: error });
    }
  }

  async microphones(): Promise<readonly { readonly deviceId: string; readonly label: string }[]> {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices
      .filter(({ kind }) => kind === "audioinput")
      .map(({ deviceId, label }) => ({ deviceId, label }));
  }

  environment(): Environment {
    const nothing = { sampleRate: null, baseLatencyMs: null, outputLatencyMs: null, audioState: null };
    return {
      ...(this.#session?.environment ?? { ...nothing, sharedMemory: false }),
      pack: this.#found?.name ?? null,
      packVersion: this.#found?.version ?? null,
      howls: this.#howls,
    };
  }

  /** Ends what runs and starts `source`; rejects with the Problem that `status$` tells too. */
  async start(sounding: Sounding): Promise<void> {
    this.#revivals = [];
    await this.#begin(sourceOf(sounding));
  }

  /** @param anew with another context and worker, as those that there were may be what stands still. */
  async #begin(source: Source, anew = false): Promise<void> {
    if (this.#closed) throw new ProblemError("unexpected", "the explainer was closed");
    const before = this.#session;
    const session = this.#makeSession(source);
    this.#session = session;
    this.#kept = null;
    // One after the other, as they share context and worker, however quickly the choice changes.
    await this.#afterwards(async () => {
      await before?.close().catch(() => {});
      if (anew) await this.#release();
    });
    if (this.#session !== session) return;
    try {
      const pack = this.#locatedPack();
      // A start may fail before it asks for the pack, whose own failure must not count as unheard then.
      pack.catch(() => {});
      await session.start(source, pack);
    } catch (error) {
      // Stopped, or displaced by a newer start, which is what was wanted.
      if (this.#session === session || error instanceof ProblemError) throw error;
    }
  }

  async stop(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    this.#session = null;
    await this.#afterwards(() => session.leave().catch(() => {}));
    if (this.#session === null) await this.#rest();
    const { state } = this.#status.value;
    if (this.#session === null && (state === "starting" || state === "running")) {
      this.#status.next({ state: "stopped", reason: "asked" });
    }
  }

  setListening(listening: Listening): void {
    this.#choose({ listening });
  }

  setMatchLoudness(matchLoudness: boolean): void {
    this.#choose({ matchLoudness });
  }

  setEngine(engine: EngineChoice): void {
    this.#choose({ engine });
  }

  setMethod(method: string): void {
    this.#choose({ method, target: this.#targetable(method) ? this.#choices.target : -1 });
  }

  setTarget(target: number): void {
    this.#choose({ target: this.#targetable(this.#choices.method) ? target : -1 });
  }

  /** Whether the method can be asked about a class; the pack was loaded before anybody can choose one. */
  #targetable(method: string | undefined): boolean {
    return this.#found !== null && packMethod(this.#found, method).target;
  }

  setDelay(delay: DelaySetting): void {
    this.#choose({ delay });
  }

  setVolume(volume: number): void {
    this.#choose({ volume: Math.min(1, Math.max(0, volume || 0)) });
  }

  async freeze(): Promise<Moment> {
    const pack = await this.pack();
    const frozen = this.#session?.freeze() ?? this.#kept;
    if (!frozen)
      throw new ProblemError("unexpected", "nothing was listened to, so there is no moment to keep");
    return momentOf(await frozen, pack);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#over.abort();
    await this.stop();
    await this.#release();
    this.#kept = null;
    for (const stream of [this.#status, this.#decisions, this.#columns, this.#timings]) stream.complete();
    this.#log.close();
  }

  /** Runs at once; whatever comes next waits for its end, and for that of all before. */
  async #afterwards(work: () => Promise<void>): Promise<void> {
    this.#closing = Promise.all([this.#closing, work()]);
    await this.#closing;
  }

  /** Nothing sounds: the device and a server are let go of, and the model stays for the next start. */
  async #rest(): Promise<void> {
    this.#settings.pipeline.rest();
    await this.#settings.context.close().catch(() => {});
  }

  async #release(): Promise<void> {
    await Promise.all([this.#settings.pipeline.discard(), this.#settings.context.close().catch(() => {})]);
  }

  #choose(change: Partial<Choices>): void {
    this.#choices = { ...this.#choices, ...change };
    this.#session?.choose(this.#choices);
  }

  #makeSession(source: Source): Session {
    // What a session that was displaced still has to say interests nobody.
    const whileCurrent =
      <T>(tell: (value: T) => void) =>
      (value: T) => {
        if (this.#session === session) tell(value);
      };
    const session: Session = new Session(this.#settings, this.#choices, {
      status: whileCurrent((status) => {
        this.#status.next(status);
        if (status.state === "stopped" || status.state === "failed") void this.#rest();
      }),
      decision: whileCurrent((decision) => this.#decisions.next(decision)),
      columns: whileCurrent((columns) => this.#columns.next(columns)),
      timings: whileCurrent((timings) => this.#timings.next(timings)),
      event: (kind, told) => {
        if (this.#session === session) this.#log.add(kind, told);
      },
      howled: () => {
        this.#howls++;
      },
      kept: (frozen) => {
        if (this.#session === session || this.#session === null) this.#kept = frozen;
      },
      stuck: whileCurrent((problem) => this.#revive(source, problem)),
    });
    return session;
  }

  /** Begins anew with the same source, unless that has been tried often enough lately. */
  #revive(source: Source, problem: Problem): void {
    const now = performance.now();
    this.#revivals = this.#revivals.filter((at) => now - at < REVIVAL_SPAN_MS);
    if (this.#revivals.length >= MOST_REVIVALS) {
      const session = this.#session;
      this.#session = null;
      this.#log.add("session", { code: "given-up" });
      void this.#afterwards(async () => {
        await session?.close().catch(() => {});
        await this.#release();
      });
      this.#status.next({ state: "failed", problem });
      return;
    }
    this.#revivals.push(now);
    this.#log.add("session", { code: "begun-anew" });
    // What fails now is told by the status.
    void this.#begin(source, true).catch(() => {});
  }

  /** Fetched once; again after a failure. */
  #locatedPack(): Promise<LocatedPack> {
    this.#pack ??= this.#findPack().catch((error: unknown) => {
      this.#pack = null;
      throw error;
    });
    return this.#pack;
  }

  async #findPack(): Promise<LocatedPack> {
    const place = await this.#packPlace();
    const { pack } = await fetchPack(place.url, { fetch: this.#fetch });
    this.#found = pack;
    if (this.#status.value.state === "idle" && this.#status.value.warming)
      this.#status.next({ state: "idle" });
    return { pack, ...place };
  }

  /** Waits for a server that is warming up, and says so. */
  readonly #fetch: typeof fetch = (address, init) =>
    patientFetch(address, { ...init, signal: this.#over.signal }, () => {
      const { state } = this.#status.value;
      if (state === "idle") this.#status.next({ state, warming: true });
      else if (state === "starting") this.#status.next({ state, step: "server" });
    });

  async #packPlace(): Promise<Omit<LocatedPack, "pack">> {
    const wish = this.#packWish;
    const alone = { serverPath: "", serverExplains: false };
    if (wish?.includes("/")) return { url: absolute(wish.replace(/\/?$/, "/")), ...alone };
    if (this.#server === undefined) return { url: releasedPack(wish ?? DEFAULT_PACK), ...alone };
    const index = await readIndex(this.#server, this.#fetch);
    const name = wish ?? index.pack;
    return {
      url: new URL(`packs/${name}/`, this.#server).href,
      serverPath: name === index.pack ? "" : `/${name}`,
      serverExplains: index.explained.includes(name),
    };
  }
}

/** What the server offers: its own pack, and the packs that it explains with. */
async function readIndex(
  server: string,
  get: typeof fetch,
): Promise<{ readonly pack: string; readonly explained: readonly unknown[] }> {
  const address = new URL("packs/index.json", server).href;
  try {
    const response = await get(address);
    if (!response.ok) throw new Error(`status ${response.status}`);
    const index = (await response.json()) as { default?: unknown; explained?: unknown };
    if (typeof index.default !== "string") throw new Error("it names no default pack");
    const { explained } = index;
    return { pack: index.default, explained: Array.isArray(explained) ? explained : [index.default] };
  } catch (error) {
    throw new ProblemError("model-missing", `${address}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function absolute(url: string): string {
  return new URL(url, document.baseURI).href;
}

/** Beside this script as the package has it. Not a literal address: a bundler would take the folder for a file. */
function releasedPack(name: string): string {
  const script = import.meta.url;
  return new URL(`../../models/packs/${name}/`, script).href;
}

function askForMicrophone(constraints: MediaStreamConstraints): Promise<MediaStream> {
  // Missing in pages that are not secure and in some embedded browsers.
  if (!navigator.mediaDevices) {
    throw new DOMException("this browser offers no microphones here", "NotFoundError");
  }
  return navigator.mediaDevices.getUserMedia(constraints);
}

function summary({ pack, url, serverExplains }: LocatedPack): PackSummary {
  return {
    name: pack.name,
    version: pack.version,
    title: pack.title,
    labels: pack.labels,
    other: pack.other,
    answers: pack.answers,
    threshold: pack.threshold,
    thresholds: pack.thresholds,
    parents: pack.parents,
    sampleRate: pack.sampleRate,
    window: pack.stft.window,
    hop: pack.stft.hop,
    bins: pack.stft.bins,
    windowFrames: pack.windowFrames,
    answeredFrames: framesAnswered(pack),
    url,
    localOnly: pack.phases ? "phases" : serverExplains ? null : "server",
    methods: pack.methods.map(({ name, title, target }) => ({ name, title, target })),
  };
}
