/**
 * What one server and one session may use. Every bound that a client can run into is told to it in the hello. What counts
 * in frames follows from the pack.
 */
import type { Pack } from "../../models/pack/pack.ts";
import type { WireLimits } from "../../protocol/wire.ts";

export interface ServerLimits {
  /** Sessions at the same time; one more is refused as "server-full". */
  readonly sessions: number;
  /** Sustained spectral frames a second and session, and how many may come at once. */
  readonly framesPerSecond: number;
  readonly frameBurst: number;
  /** Messages of any type a second and session, and how many may come at once. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /** A session that sends nothing for so long is closed. */
  readonly idleSeconds: number;
  /** How often peers are pinged; one that has not answered by the next ping is dead. */
  readonly pingSeconds: number;
  /** Bytes of answers that may wait for a client that does not read. */
  readonly unreadBytes: number;
  /** What a window may wait for its model; it is dropped then. */
  readonly patienceMs: number;
  /** How long a shutdown waits for clients to say goodbye. */
  readonly goodbyeSeconds: number;
}

const FIXED_LIMITS = {
  sessions: 64,
  messagesPerSecond: 500,
  messageBurst: 1_000,
  idleSeconds: 600,
  pingSeconds: 15,
  patienceMs: 250,
  goodbyeSeconds: 2,
};

/** A streaming pack's sessions cost a fraction of the others. */
const STREAMING_SESSIONS = 256;
/** Blocks of a streaming pack that one message may hold: pages that fell behind send up to a second at once. */
const MESSAGE_SECONDS = 1;

/** Sustained: so many times the pace of live sound. */
const TIMES_REAL_TIME = 16;
const BURST_WINDOWS = 128;
const UNREAD_BYTES = 1_048_576;
/** Masks that must find room among what is not read yet, however large they are. */
const UNREAD_MASKS = 4;

/** The limits for a pack where nobody chose others. */
export function defaultLimits({ sampleRate, stft, windowFrames, streaming }: Pack): ServerLimits {
  return {
    ...FIXED_LIMITS,
    ...(streaming && { sessions: STREAMING_SESSIONS }),
    framesPerSecond: Math.ceil((TIMES_REAL_TIME * sampleRate) / stft.hop),
    frameBurst: BURST_WINDOWS * windowFrames,
    unreadBytes: Math.max(UNREAD_BYTES, UNREAD_MASKS * windowFrames * stft.bins),
  };
}

/** The part of the limits that the hello tells. */
export function wireLimits(
  limits: ServerLimits,
  { windowFrames, streaming, sampleRate, stft }: Pack,
): WireLimits {
  const blocks = Math.ceil((MESSAGE_SECONDS * sampleRate) / (stft.hop * windowFrames));
  const keptFrames = (streaming ? blocks : 2) * windowFrames;
  return {
    maxMessageBytes: (streaming ? 24 : 16) + keptFrames * stft.bins * 2,
    keptFrames,
    framesPerSecond: limits.framesPerSecond,
    frameBurst: limits.frameBurst,
    messagesPerSecond: limits.messagesPerSecond,
    messageBurst: limits.messageBurst,
    idleSeconds: limits.idleSeconds,
  };
}
