/** What the monitor tells its pages, its web hooks and MQTT: events, levels, states. */

/** One class of an event. Times are seconds of the input's stretch of sound, from its beginning. */
export interface EventClass {
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** Mean probability over the windows that reached the class's threshold. */
  readonly confidence: number;
  /** The highest of those. */
  readonly peak: number;
  /** How many they were. */
  readonly windows: number;
}

export type Badge = "faithful" | "partly" | "not";

/** What the classifier says of the sound in the event's windows: mean probabilities of the event's class. */
export interface Faithfulness {
  readonly original: number;
  readonly explanation: number;
  readonly rest: number;
  readonly badge: Badge;
  /** Probability from which the class counts as named, where it is not a half. */
  readonly named?: number;
  /** Windows that the means are taken over. */
  readonly windows: number;
}

export const REVIEWS = ["right", "wrong", "unsure"] as const;
export type Review = (typeof REVIEWS)[number];

/** What `event.json` holds. */
export interface MonitorEvent {
  /** Sorts by time; fit for a file name. */
  readonly id: string;
  /** Name of the input. */
  readonly input: string;
  /** The file that it was heard in, where the input is a file or folder. */
  readonly file?: string;
  /** When it began, as ISO 8601 in UTC. */
  readonly at: string;
  /** Seconds since the file or the connection began. */
  readonly start: number;
  readonly end: number;
  readonly continues: boolean;
  /** The one most above its threshold first; the explanation is of the first. */
  readonly classes: readonly EventClass[];
  readonly clip: {
    readonly sampleRate: number;
    readonly samples: number;
    /** Seconds of the clip before the event's start. */
    readonly before: number;
  };
  readonly pack: { readonly name: string; readonly version: string };
  readonly method: string;
  /** "closed": the clip is kept and its explanation is still to be made. "explained": all is there. */
  readonly state: "closed" | "explained" | "unexplained";
  readonly faithfulness?: Faithfulness;
  /** Why there is no explanation, in state "unexplained". */
  readonly problem?: string;
}

/** An event in the list of the pages. */
export interface ListedEvent {
  readonly event: MonitorEvent;
  readonly review: Review | null;
}

export interface EventPage {
  readonly events: readonly ListedEvent[];
  /** How many the filters let through, all pages together. */
  readonly total: number;
}

/** "idle": all is well and there is nothing to hear. "waiting": something is wrong, and it is tried again. */
export type InputState = "connecting" | "running" | "idle" | "waiting" | "ended";

/** What of an input waits to be tried again: events to be written, files to be read. */
export type Pending = "events" | "files";

/** An input at one moment. */
export interface Levels {
  readonly input: string;
  /** Milliseconds since 1970 of the end of what was measured. */
  readonly at: number;
  /** Decibels of full scale, at least -100. */
  readonly level: number;
  readonly peak: number;
  /** The class of the newest window that is most above its threshold; null in silence. */
  readonly label: string | null;
  readonly probability: number;
  /** Of a pack whose classes answer each by itself: all that are believed, the one most above its threshold first. */
  readonly believed?: readonly string[];
  /** Classes of the event that is open. */
  readonly heard: readonly string[];
}

export interface InputStatus {
  readonly name: string;
  /** Left out where the pages are public. */
  readonly source?: string;
  readonly live: boolean;
  readonly state: InputState;
  readonly detail?: string | undefined;
  /** Seconds of live sound that were thrown away because the analysis was behind. */
  readonly droppedSeconds: number;
  readonly pending: Readonly<Record<Pending, number>>;
  /** The last minute, the oldest first. */
  readonly recent: readonly Levels[];
}

/** What `/healthz` says to everybody: numbers, no names. */
export interface MonitorHealth {
  /** "waiting": an input waits for something that is wrong, or events wait to be written. "ended": no input is left. */
  readonly status: "ok" | "waiting" | "ended";
  /** How many inputs are in which state; states that none is in are left out. */
  readonly inputs: Readonly<Partial<Record<InputState, number>>>;
  readonly pending: Readonly<Record<Pending, number>>;
  /** While the database is made anew of the events' folders. */
  readonly rebuilding?: Rebuilding | undefined;
}

/** How far the database is made anew, in events. */
export interface Rebuilding {
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number;
}

export interface MonitorStatus {
  readonly version: string;
  readonly pack: { readonly name: string; readonly version: string; readonly title: string };
  readonly labels: readonly string[];
  readonly other?: string | undefined;
  readonly inputs: readonly InputStatus[];
  readonly events: number;
  /** While the database is made anew: the list is not complete. */
  readonly rebuilding?: Rebuilding | undefined;
  /** Clips that were thrown away because of what was in them. */
  readonly discarded: number;
  /** Classes that discard clips. */
  readonly discards: readonly string[];
  /** Reviews are refused. */
  readonly readOnly: boolean;
  /** Live sound can be listened to. */
  readonly liveAudio: boolean;
}

/** A line of the server-sent events of /api/stream. */
export type StreamMessage =
  | { readonly type: "levels"; readonly levels: Levels }
  | {
      readonly type: "input";
      readonly input: string;
      readonly state: InputState;
      readonly detail?: string | undefined;
    }
  | { readonly type: "pending"; readonly input: string; readonly what: Pending; readonly count: number }
  | { readonly type: "event"; readonly event: MonitorEvent };

export function isEventId(text: string): boolean {
  return /^\d{8}-\d{6}-\d{3}-[0-9a-f]{6}$/.test(text);
}
