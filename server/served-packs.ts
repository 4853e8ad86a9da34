/** The packs that a server has: those that it explains with, and those that pages may fetch. */
import { join } from "node:path";
import type { Logger } from "pino";
import type { OpenPack } from "../models/pack/open-pack.ts";
import { listPacks, openPackFolder } from "../models/pack/open-pack-node.ts";
import { audioShape, PackError } from "../models/pack/pack.ts";
import type { RuntimeBuild } from "../models/runtime/runtime-node.ts";
import type { Backend } from "./explain/backend.ts";
import { NO_BACKEND } from "./explain/no-backend.ts";
import type { newReading, PackService } from "./explain/pack-service.ts";
import { openWorkerBackend } from "./explain/worker-backend.ts";

/** @throws PackError: also for a pack whose sound no page could cut into frames, before a first listener finds out. */
export async function openExplained(folders: readonly string[]): Promise<OpenPack[]> {
  const packs = await Promise.all(folders.map((folder) => openPackFolder(folder)));
  for (const { pack } of packs) audioShape(pack);
  const names = packs.map(({ pack }) => pack.name);
  const twice = names.findIndex((name, n) => names.indexOf(name) !== n);
  if (twice < 0) return packs;
  throw new PackError(
    `${packs[names.indexOf(names[twice])].source} and ${packs[twice].source} are both named ${names[twice]}, and would ` +
      'have one address: change "name" in the pack.json of one, or make it with listenable pack --name',
  );
}

export interface BackendWishes {
  /** See WorkerBackendOptions. Default "auto". */
  readonly build?: RuntimeBuild | undefined;
  /** Calls of the model that may run at the same time, each on a thread of its own. Default: see WorkerBackendOptions. */
  readonly lanes?: number | undefined;
  /** The most windows of one call. Default: what pays. */
  readonly batch?: number | undefined;
}

/** Prepared for all packs that a server can run: models that need the phases of the sound run in pages alone. */
export async function openBackend(
  packs: readonly OpenPack[],
  readings: readonly ReturnType<typeof newReading>[],
  wishes: BackendWishes,
  log: Logger,
  onProgress: (share: number) => void,
): Promise<Backend> {
  const runnable = readings.filter((_, n) => !audioShape(packs[n].pack).phases);
  const [first, ...others] = runnable;
  if (!first) return NO_BACKEND;
  const { build, lanes, batch } = wishes;
  const backend = await openWorkerBackend({
    pack: first,
    build,
    lanes,
    batch,
    log: (line) => log.warn(line),
    onProgress: (share) => onProgress(share / runnable.length),
  });
  for (const [n, reading] of others.entries()) {
    await backend.prepare(reading);
    onProgress((n + 2) / runnable.length);
  }
  return backend;
}

/** The packs that the server explains with first, then the others of the folders that can be opened. */
export async function openServed(
  explained: readonly OpenPack[],
  folders: readonly string[],
  log: Logger,
): Promise<Map<string, OpenPack>> {
  const packs = new Map(explained.map((open) => [open.pack.name, open]));
  for (const folder of folders.flatMap((each) => listPacks(each).map((name) => join(each, name)))) {
    try {
      const open = await openPackFolder(folder);
      if (!packs.has(open.pack.name)) packs.set(open.pack.name, open);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, "a pack is left out");
    }
  }
  return packs;
}

/**
 * Reads the packs that are explained again; one that cannot be used is logged, and the old one goes on.
 *
 * @param served gets the new ones.
 * @param changed called for those whose sessions can't go on.
 */
export async function reloadPacks(
  services: readonly PackService[],
  served: Map<string, OpenPack>,
  changed: (service: PackService) => void,
  log: Logger,
): Promise<void> {
  for (const service of services) {
    try {
      const same = await service.reload();
      served.set(service.pack.name, service.opened);
      log.info({ pack: service.pack.name, version: service.pack.version, same }, "pack read again");
      if (!same) changed(service);
    } catch (error) {
      const reason = (error as Error).message;
      log.error({ pack: service.pack.name, reason }, "the new pack can't be used; the old one goes on");
    }
  }
}
