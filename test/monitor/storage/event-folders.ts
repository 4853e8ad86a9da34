/** A monitor's folder as a test wants to find it. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayOf } from "../../../monitor/event.ts";
import type { MonitorEvent } from "../../../monitor/protocol.ts";
import { madeUpEvent } from "../made-up-event.ts";

export const temporary = () => mkdtempSync(join(tmpdir(), "listenable-store-"));

/** As the store writes it. */
export const jsonOf = (event: MonitorEvent) => `${JSON.stringify(event, null, 1)}\n`;

export function folderOf(folder: string, { id }: MonitorEvent): string {
  return join(folder, "events", dayOf(id), id);
}

/** The folder of an event, without a row; `json` in place of what should stand in event.json. */
export function writeEvent(folder: string, event: MonitorEvent, json = jsonOf(event)): MonitorEvent {
  const path = folderOf(folder, event);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "event.json"), json);
  writeFileSync(join(path, "clip.wav"), "sound");
  return event;
}

/** So many, a minute apart. */
export function writeEvents(folder: string, count: number): MonitorEvent[] {
  return Array.from({ length: count }, (_, n) =>
    writeEvent(folder, madeUpEvent({ at: new Date(Date.UTC(2026, 6, 14) + 60_000 * n).toISOString() })),
  );
}
