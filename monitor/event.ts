/** What the monitor calls an event, and everything that is kept of it. */

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

/** What the detector hands out when nothing more belongs to an event. */
export interface DetectedEvent {
  readonly start: number;
  readonly end: number;
  /** The most confident first; at least one. */
  readonly classes: readonly EventClass[];
  /** It went on and was cut because it became too long. */
  readonly continues: boolean;
}

export type Badge = "faithful" | "partly" | "not";

/** What the classifier says of the sound in the event's windows: mean probabilities of the event's class. */
export interface Faithfulness {
  readonly original: number;
  readonly explanation: number;
  readonly rest: number;
  readonly badge: Badge;
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
  /** The most confident first; the explanation is of the first. */
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

/** Files of an event's folder, by what they hold. */
export const EVENT_FILES = {
  clip: "clip.wav",
  explanation: "explanation.wav",
  rest: "rest.wav",
  picture: "picture.png",
  json: "event.json",
} as const;
export type EventFile = keyof typeof EVENT_FILES;

/** 20260714-063015-250-1f9a3c: the time, and enough chance for several inputs at once. */
export function eventId(at: Date, random: () => number = Math.random): string {
  const digits = at.toISOString().replace(/[-:Z]/g, "").replace("T", "-").replace(".", "-");
  const chance = Math.floor(random() * 0x100_0000);
  return `${digits}-${chance.toString(16).padStart(6, "0")}`;
}

export function isEventId(text: string): boolean {
  return /^\d{8}-\d{6}-\d{3}-[0-9a-f]{6}$/.test(text);
}
