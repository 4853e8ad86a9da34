/** A monitor over made-up sound with the tiny pack, which calls a tone "low" or "high". */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import type { Input } from "../../monitor/inputs/input.ts";
import { type MonitorOptions, type RunningMonitor, startMonitor } from "../../monitor/start-monitor.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";

export const RATE = 16_000;
const TINY_PACK = join(packageFolder(), "test", "fixtures", "tiny-pack");

export const temporary = () => mkdtemp(join(tmpdir(), "listenable-monitor-"));

export const quiet = (seconds: number) => new Float32Array(Math.round(seconds * RATE));

export function tone(hertz: number, seconds: number, amplitude = 0.5): Float32Array {
  return quiet(seconds).map((_, n) => amplitude * Math.sin((2 * Math.PI * hertz * n) / RATE));
}

export function joined(...pieces: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** An input that ends with its samples; `hold` keeps it from ending until it resolves. */
export function samplesInput(
  name: string,
  samples: Float32Array,
  options: { readonly hold?: Promise<void>; readonly startedAt?: Date } = {},
): Input {
  return {
    name,
    source: "made up",
    live: false,
    async *stretches(report) {
      report.state("running");
      yield {
        sampleRate: RATE,
        startedAt: options.startedAt ?? new Date(Date.UTC(2026, 6, 14, 6, 30)),
        blocks: (async function* () {
          for (let at = 0; at < samples.length; at += 4000) yield samples.subarray(at, at + 4000);
          await options.hold;
        })(),
      };
      report.state("ended");
    },
  };
}

const open = new Set<RunningMonitor>();

/** For after the tests: a failed one leaves its monitor running, and the process would not end. */
export async function closeAll(): Promise<void> {
  for (const monitor of open) await monitor.close();
}

export async function startRig(
  inputs: readonly Input[],
  options: Partial<MonitorOptions> = {},
): Promise<{ monitor: RunningMonitor; store: EventStore; lines: string[] }> {
  const store = options.store ?? (await EventStore.open(await temporary()));
  const lines: string[] = [];
  const monitor = await startMonitor({
    pack: TINY_PACK,
    inputs,
    version: "test",
    log: (line) => lines.push(line),
    ...options,
    store,
  });
  open.add(monitor);
  return { monitor, store, lines };
}
