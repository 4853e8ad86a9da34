/** An event as the tests need one. */
import { createHash } from "node:crypto";
import { eventId } from "../../monitor/event.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";

let made = 0;

export function madeUpEvent(
  changes: Partial<MonitorEvent> & { labels?: readonly string[] } = {},
): MonitorEvent {
  const { labels = ["dog"], ...given } = changes;
  const at = given.at ?? new Date(Date.UTC(2026, 6, 14, 6, 30) + 1000 * made).toISOString();
  made++;
  return {
    id: eventId(new Date(at), () => (made % 0xffffff) / 0x1000000),
    input: "yard",
    at,
    start: 3,
    end: 4.5,
    continues: false,
    classes: labels.map((label, n) => ({
      label,
      start: 3,
      end: 4.5,
      confidence: 0.95 - 0.05 * n,
      peak: 0.99,
      windows: 5,
    })),
    clip: { sampleRate: 16000, samples: 88_000, before: 2 },
    pack: { name: "esc10-speech", version: "1.1.0" },
    method: "lmac",
    state: "closed",
    ...given,
  };
}

/** Bytes that only this text gives, so that a file can be known to be whole. */
export function bytesOf(text: string, length: number): Uint8Array {
  const seed = createHash("sha256").update(text).digest();
  const out = new Uint8Array(length);
  for (let n = 0; n < length; n++) out[n] = seed[n % 32] ^ (n >> 5);
  return out;
}
