/**
 * The contract between the page and the live pipeline: the page calls these methods and draws these streams,
 * and knows nothing of worklets, workers, engines or sockets.
 */

import type { Observable } from "rxjs";
import type { DecisionClasses } from "../../models/explain/class-decision.ts";
import type { Told } from "./told.ts";

export type { Told };

/** What the listener hears; all three are aligned to the sample. */
export type Listening = "original" | "explanation" | "rest";
export const listenings: readonly Listening[] = ["original", "explanation", "rest"];

/** How late the explanation may be: a shorter delay hears less of what follows before it decides. See docs/latency.md. */
export type DelaySetting = "low-delay" | "balanced" | "high-quality";
export const delaySettings: readonly DelaySetting[] = ["low-delay", "balanced", "high-quality"];

/**
 * "local" is this device and the default: nothing is sent. "remote" is the server. "auto" measures both, sends the server
 * windows for that again and again, and lets it explain where it is faster: only for people who agreed to it.
 */
export type EngineChoice = "auto" | "local" | "remote";

export type Source =
  | { readonly kind: "microphone"; readonly deviceId?: string }
  | { readonly kind: "file"; readonly file: Blob; readonly name: string; readonly loop?: boolean }
  | {
      readonly kind: "samples";
      /** What is yet to be loaded may be promised: the start waits for it, and fails as it does. */
      readonly samples: Float32Array | Promise<Float32Array>;
      readonly sampleRate: number;
      readonly name: string;
      readonly loop?: boolean;
    }
  /** What somebody else's microphone, call or recording gives; its tracks stay theirs. */
  | { readonly kind: "stream"; readonly stream: MediaStream; readonly name?: string }
  /** Any node of a running audio context, in which the explanation then sounds too; it stays connected as it was. */
  | { readonly kind: "node"; readonly node: AudioNode; readonly name?: string };

/** A source, or what is one by itself. */
export type Sounding = Source | AudioNode | MediaStream | Blob;

/** Every failure that a person can meet; the page has a sentence and a next step for each. */
export type ProblemCode =
  | "insecure-context"
  | "permission-denied"
  | "no-microphone"
  | "microphone-busy"
  | "microphone-lost"
  | "file-unreadable"
  | "file-empty"
  | "audio-unsupported"
  /** Sound cannot be processed under this page's content policy; `COMPAT_PAGE` of protocol/pages.ts can do it. */
  | "worklet-missing"
  | "audio-suspended"
  /** Worklet, worker or wasm are of another version than the script that loaded them. */
  | "version-mismatch"
  | "server-gone"
  | "server-refused"
  | "model-missing"
  | "model-broken"
  | "engine-failed"
  | "unexpected";

export interface Problem {
  readonly code: ProblemCode;
  /** Technical detail for the curious: file, value, address. */
  readonly detail: string;
}

/**
 * Whether what is heard just now has masks: not yet since the start, yes, or no more ("away"), as while a server is gone or
 * late. Then the explanation is the original and the rest is silent.
 */
export type ExplanationState = "coming" | "here" | "away";

export type Status =
  /** `warming`: the server has yet to load its model, and what the page needs of it is waited for. */
  | { readonly state: "idle"; readonly warming?: boolean | undefined }
  | {
      readonly state: "starting";
      readonly step: "audio" | "server" | "model" | "microphone" | "file" | "engine";
      readonly progress?: number;
    }
  | {
      readonly state: "running";
      readonly source: string;
      readonly engine: "local" | "remote";
      readonly engineDescription: string;
      readonly explanation: ExplanationState;
      readonly notices: readonly Told[];
    }
  | { readonly state: "stopped"; readonly reason: "asked" | "ended" }
  | { readonly state: "failed"; readonly problem: Problem };

/** What the classifier says of the newest window. */
export interface Decision {
  readonly firstFrame: number;
  readonly probabilities: Float32Array;
}

/** New columns for the spectrogram, in time order and without gaps; at most 30 messages a second. */
export interface SpectrogramColumns {
  readonly firstFrame: number;
  readonly frames: number;
  readonly bins: number;
  /** Linear magnitudes, row-major [frames, bins]. */
  readonly magnitudes: Float32Array;
  /** The mask that was applied to these frames, row-major [frames, bins]. */
  readonly mask: Float32Array;
  /** [frames]: how each came by its mask, a `MaskState`; left out where all have their own. */
  readonly states?: Uint8Array | undefined;
}

export interface Timings {
  /** Milliseconds; each part of the delay from microphone sample to the same sample's explanation. */
  readonly stftMs: number;
  readonly lookAheadMs: number;
  readonly strideMs: number;
  readonly engineAllowanceMs: number;
  /** The sum of the four: what the delay line and the overlap-add hold back. */
  readonly algorithmicMs: number;
  /** Device buffers as far as the browser tells: base plus output latency; null when unknown. */
  readonly deviceMs: number | null;
  /** Measured time from window to mask, 50th and 99th percentile, and the model's share of it. */
  readonly engineP50Ms: number;
  readonly engineP99Ms: number;
  readonly inferenceP50Ms: number;
  readonly windowsPerSecond: number;
  /** Windows that newer ones displaced; of streaming packs, blocks that were never explained. */
  readonly windowsDropped: number;
  /** Times that a streaming pack's model had to forget what it had heard of the stream. */
  readonly restarts: number;
  /** Frames that went out under the mask of the frame before, as their own came up to 16 ms too late. */
  readonly lateFrames: number;
  /** Frames that had to go without a mask for longer than that. */
  readonly missedDeadlines: number;
  /** What a busy server asks to lie between two windows at least; 0 where the engine asks for nothing. */
  readonly engineLeastMs: number;
}

/** The model needs the phases of the sound, which never leave the device; or the page's server explains nothing. */
export type LocalOnly = "phases" | "server";

/** Something that happened to sound, engine or session, which names no device. */
export interface LiveEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: "engine" | "device" | "session";
  readonly told: Told;
  /** How often in a row. */
  readonly times: number;
}

/** What the stream runs on, for whoever looks for a fault; no sound, no device names. */
export interface Environment {
  /** Of the audio device, in Hz; null while nothing runs. */
  readonly sampleRate: number | null;
  readonly baseLatencyMs: number | null;
  readonly outputLatencyMs: number | null;
  readonly audioState: string | null;
  /** Whether audio thread and worker share memory. */
  readonly sharedMemory: boolean;
  readonly pack: string | null;
  readonly packVersion: string | null;
  /** Times that the output fed back into the microphone and was turned down. */
  readonly howls: number;
}

export interface MethodSummary {
  readonly name: string;
  readonly title: string;
  /** Whether it can be asked about a class that is not the winner. */
  readonly target: boolean;
}

export interface PackSummary {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly labels: readonly string[];
  readonly other?: string | undefined;
  /** How the classes answer and from which probability each is believed: what `models/explain/class-decision.ts` decides by. */
  readonly answers?: DecisionClasses["answers"];
  readonly threshold: number;
  readonly thresholds?: readonly number[] | undefined;
  /** By class the index of the one above it, or null, where its classes are a tree: a dog is said before the animal that it is. */
  readonly parents?: DecisionClasses["parents"];
  readonly sampleRate: number;
  readonly window: number;
  readonly hop: number;
  readonly bins: number;
  /** Frames that the model hears at once. */
  readonly windowFrames: number;
  /** Frames that a decision is about, up to the newest of its window: the window's, or more where the model remembers. */
  readonly answeredFrames: number;
  /** Folder of the pack, as a URL. */
  readonly url: string;
  /** Why only this device can explain, or null when a server could. */
  readonly localOnly: LocalOnly | null;
  readonly methods: readonly MethodSummary[];
}

/** What was asked when a moment was frozen. */
export interface MomentFacts {
  /** What was listened to; a microphone's own name is not told. */
  readonly source: string;
  readonly engine: "local" | "remote";
  readonly engineDescription: string;
  readonly method: string;
  /** Class that was asked about; -1 is the winner. */
  readonly target: number;
  /** Method or class were changed within the moment, so that its older part was explained otherwise. */
  readonly mixed: boolean;
  /** Milliseconds since 1970. */
  readonly frozenAt: number;
}

/**
 * The last 10 seconds, or what there is of them, as they went out: sound at the model's rate, aligned to the sample, and
 * the masks that were heard. It stays in this browser, but for the files that a person asks for.
 */
export interface Moment {
  readonly sampleRate: number;
  readonly window: number;
  readonly hop: number;
  readonly bins: number;
  /**
   * Whole hops of samples; rest = original - explanation, but where frames had no mask (`states`): there both are silent, as
   * nothing was explained, and fade out and in over the hops beside.
   */
  readonly original: Float32Array;
  readonly explanation: Float32Array;
  readonly rest: Float32Array;
  /** Frames that touch these samples: frame k covers samples [(k + 1) * hop - window, (k + 1) * hop). */
  readonly frames: number;
  /** The mask that was heard, row-major [frames, bins]. Frames that begin before the moment have their neighbour's. */
  readonly mask: Float32Array;
  /** [frames]: how each came by its mask, a `MaskState`; left out where all had their own. */
  readonly states?: Uint8Array | undefined;
  /** Of the windows that lie within it and whose newest frame had a mask, by frames of the moment. */
  readonly decisions: readonly Decision[];
  readonly pack: PackSummary;
  readonly facts: MomentFacts;
}

export interface LiveExplainer {
  /** What would make every start fail in this browser, as far as it is known before; null when nothing is. */
  readonly hindrance: Problem | null;
  /** What a person should know of this browser before the start; told again while it runs. */
  readonly notices: readonly Told[];
  readonly status$: Observable<Status>;
  readonly decisions$: Observable<Decision>;
  readonly columns$: Observable<SpectrogramColumns>;
  /**
   * For drawing off the page's thread: a port for each stream, made for this subscriber, through which
   * `SpectrogramColumns` come as messages straight from where they are made. Whoever holds it answers each with any
   * message; without answers, columns of the last seconds are kept back and older ones dropped.
   */
  readonly columnPorts$: Observable<MessagePort>;
  readonly timings$: Observable<Timings>;
  /** The last events, oldest first; the list has a bound. */
  readonly events$: Observable<readonly LiveEvent[]>;
  /** As it is now. */
  environment(): Environment;
  /** Loads the pack's description; rejects with a Problem. Cheap to call twice. */
  pack(): Promise<PackSummary>;
  /** Input devices; names are empty until permission was granted once. */
  microphones(): Promise<readonly { readonly deviceId: string; readonly label: string }[]>;
  start(source: Sounding): Promise<void>;
  stop(): Promise<void>;
  setListening(listening: Listening): void;
  /** Makes explanation and rest as loud as the original, by 24 dB at most; off at first. Moments and files stay as they are. */
  setMatchLoudness(on: boolean): void;
  setEngine(choice: EngineChoice): void;
  /** One that can't be asked about a class takes the choice of one back. */
  setMethod(name: string): void;
  /** Explains this class of the pack whatever wins; -1 is the winner. Ignored where the method can't be asked. */
  setTarget(target: number): void;
  /** Takes effect within half a second, by a cross-fade while it runs. */
  setDelay(setting: DelaySetting): void;
  /** 0 mutes the loudspeaker and leaves the pipeline running. */
  setVolume(volume: number): void;
  /** Keeps the last 10 seconds, of a stream that has ended too; rejects when nothing has gone out yet. */
  freeze(): Promise<Moment>;
  /** Releases everything for good. */
  close(): Promise<void>;
}
