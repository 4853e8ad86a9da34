/** What is sent of an event: the same to web hooks and to MQTT. */
import type { MonitorEvent } from "../protocol.ts";

/** `event_type` and the flat fields are what Home Assistant reads; `event` is everything. */
export function eventMessage(event: MonitorEvent): string {
  const [first] = event.classes;
  return JSON.stringify({
    event_type: first.label,
    id: event.id,
    input: event.input,
    at: event.at,
    seconds: Math.round(1000 * (event.end - event.start)) / 1000,
    confidence: first.confidence,
    badge: event.faithfulness?.badge ?? null,
    /** Below the address of the monitor's pages. */
    page: `/#/event/${event.id}`,
    event,
  });
}
