/** A pack that the server explains with, and its newest reading. */

import type { OpenPack } from "../../models/pack/open-pack.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { audioShape, type Pack } from "../../models/pack/pack.ts";
import type { Hello } from "../../protocol/wire.ts";
import type { Backend, PackReading } from "./backend.ts";
import { defaultLimits, type ServerLimits, wireLimits } from "./limits.ts";

let readings = 0;

/** A reading that no other has the number of. */
export function newReading(folder: string): PackReading {
  return { folder, generation: ++readings };
}

export class PackService {
  #open: OpenPack;
  #reading: PackReading;
  readonly limits: ServerLimits;

  constructor(
    open: OpenPack,
    reading: PackReading,
    private readonly server: { readonly version: string; readonly backend: Backend },
    chosen: Partial<ServerLimits> = {},
  ) {
    this.#open = open;
    this.#reading = reading;
    this.limits = { ...defaultLimits(open.pack), ...chosen };
  }

  get pack(): Pack {
    return this.#open.pack;
  }

  get opened(): OpenPack {
    return this.#open;
  }

  /** What the backend is to run windows with from now on. */
  get reading(): PackReading {
    return this.#reading;
  }

  get hello(): Hello {
    const {
      name,
      version,
      title,
      labels,
      other,
      answers,
      threshold,
      thresholds,
      parents,
      sampleRate,
      stft,
      windowFrames,
      streaming,
      phases,
      masking,
    } = this.pack;
    const methods = this.pack.methods.map(({ name, title, target }) => ({ name, title, target }));
    return {
      server: `listenable ${this.server.version}`,
      backend: this.server.backend.description,
      pack: {
        name,
        version,
        title,
        labels,
        other,
        answers,
        threshold,
        thresholds,
        parents,
        sampleRate,
        stft,
        windowFrames,
        ...(streaming && { streaming: true }),
        phases,
        masking,
        methods,
      },
      limits: wireLimits(this.limits, this.pack),
    };
  }

  /**
   * Reads the folder again. Windows that run are answered by the old models, those after it by the new ones.
   *
   * @returns whether sessions may go on as they are: what the hello told them still holds.
   * @throws PackError or Error when the new files can't be used; the old ones stay then.
   */
  async reload(): Promise<boolean> {
    const { folder } = this.#reading;
    const open = await openPackFolder(folder);
    const shape = audioShape(open.pack);
    if (open.pack.name !== this.pack.name) {
      throw new Error(`${folder} holds pack ${open.pack.name} now, and not ${this.pack.name}`);
    }
    const reading = newReading(folder);
    if (!shape.phases) await this.server.backend.prepare(reading);
    const before = told(this.pack);
    this.#open = open;
    this.#reading = reading;
    return told(open.pack) === before;
  }
}

/** What a session relies on. */
function told(pack: Pack): string {
  const { labels, answers, sampleRate, stft, windowFrames, phases, masking, version, methods } = pack;
  const asked = methods.map(({ name, target }) => [name, target]);
  const streams = pack.streaming !== undefined;
  return JSON.stringify([
    labels,
    answers,
    sampleRate,
    stft,
    windowFrames,
    streams,
    phases,
    masking,
    version,
    asked,
  ]);
}
