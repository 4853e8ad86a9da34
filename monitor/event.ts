/** Events as the detector gives them, and how they are named and kept. */
import type { EventClass } from "./protocol.ts";

export { isEventId } from "./protocol.ts";

/** What the detector hands out when nothing more belongs to an event. */
export interface DetectedEvent {
  readonly start: number;
  readonly end: number;
  /** The one most above its threshold first; at least one. */
  readonly classes: readonly EventClass[];
  /** It went on and was cut because it became too long. */
  readonly continues: boolean;
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

/** 2026-07-14 of 20260714-…: a folder a day keeps listings short. */
export function dayOf(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`;
}
