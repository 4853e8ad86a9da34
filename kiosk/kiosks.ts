/**
 * Kiosks from the server's side: their settings, and what they report of themselves. A kiosk that was heard of and falls
 * silent is a warning in the log, and everything it said is in the metrics and at /kiosk/status.
 */
import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import * as v from "valibot";
import {
  type KioskReport,
  type KioskSettings,
  KioskSettingsError,
  kioskReportSchema,
  kioskSettings,
} from "./protocol.ts";

/** More names than this are a mistake or a mischief; the one that was silent longest makes room. */
const MOST_KIOSKS = 64;
/** Reports that may fail to come before it is a warning. */
const MISSING_REPORTS = 3;
const LOOK_MS = 5_000;

export interface KnownKiosk {
  readonly report: KioskReport;
  /** When it was received, in milliseconds since 1970. */
  readonly at: number;
  readonly silent: boolean;
}

interface Entry {
  report: KioskReport;
  at: number;
  silent: boolean;
}

/** @throws KioskSettingsError, or Error when the file cannot be read. */
async function readKioskFile(file: string): Promise<KioskSettings> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new KioskSettingsError(
      `the kiosk's settings ${file} cannot be read (${cause.code ?? cause.message})`,
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KioskSettingsError(`${file} is not JSON: ${(cause as Error).message}`);
  }
  return kioskSettings(value, file);
}

export interface KiosksOptions {
  /** Of all kiosks that this server shows; each may change them in its address. */
  readonly file?: string | undefined;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export class Kiosks {
  #settings: KioskSettings;
  readonly #known = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #looking: NodeJS.Timeout;

  private constructor(
    settings: KioskSettings,
    private readonly options: KiosksOptions,
  ) {
    this.#settings = settings;
    this.#now = options.now ?? Date.now;
    this.#looking = setInterval(() => this.look(), LOOK_MS);
    this.#looking.unref();
  }

  /** @throws KioskSettingsError */
  static async open(options: KiosksOptions): Promise<Kiosks> {
    const { file } = options;
    return new Kiosks(file === undefined ? kioskSettings({}, "") : await readKioskFile(file), options);
  }

  get settings(): KioskSettings {
    return this.#settings;
  }

  /** In the order of their names. */
  get known(): readonly KnownKiosk[] {
    return [...this.#known.values()].sort((a, b) => (a.report.name < b.report.name ? -1 : 1));
  }

  /** Reads the file again; what cannot be used is logged, and what was there before stays. */
  async reload(): Promise<void> {
    const { file, log } = this.options;
    if (file === undefined) return;
    try {
      this.#settings = await readKioskFile(file);
    } catch (error) {
      log.error({ reason: (error as Error).message }, "kiosk: the settings were not read again");
    }
  }

  /** @returns what is wrong with the report, or undefined when it was taken. */
  receive(body: string): string | undefined {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return "a report is a JSON object";
    }
    const result = v.safeParse(kioskReportSchema, value);
    if (!result.success) {
      const [issue] = result.issues;
      return `${v.getDotPath(issue) ?? "the report"}: ${issue.message}`;
    }
    this.#take(result.output);
    return undefined;
  }

  #take(report: KioskReport): void {
    const { log } = this.options;
    const { name } = report;
    const before = this.#known.get(name);
    if (!before) {
      if (this.#known.size >= MOST_KIOSKS) this.#forgetOldest();
      log.info({ kiosk: name }, "kiosk: first report");
    } else if (before.silent) log.info({ kiosk: name }, "kiosk: it reports again");
    if (report.state === "recovering" && before?.report.state !== "recovering") {
      log.warn({ kiosk: name, problems: report.problems }, "kiosk: something failed, and it tries to go on");
    }
    const lacks = ({ microphone }: KioskReport) => microphone === "missing" || microphone === "denied";
    if (lacks(report) && !(before && lacks(before.report))) {
      log.warn({ kiosk: name, microphone: report.microphone }, "kiosk: no microphone, so it plays examples");
    } else if (before && lacks(before.report) && !lacks(report)) {
      log.info({ kiosk: name }, "kiosk: its microphone is back");
    }
    this.#known.set(name, { report, at: this.#now(), silent: false });
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#known].sort(([, a], [, b]) => a.at - b.at);
    this.#known.delete(oldest[0]);
  }

  /** Looks for kiosks that have fallen silent; called by itself every few seconds. */
  look(): void {
    const every = this.#settings.report || 60;
    for (const [name, entry] of this.#known) {
      const silentMs = this.#now() - entry.at;
      if (entry.silent || silentMs <= 1000 * every * MISSING_REPORTS) continue;
      entry.silent = true;
      const seconds = Math.round(silentMs / 1000);
      this.options.log.warn({ kiosk: name, seconds }, "kiosk: no report any more");
    }
  }

  close(): void {
    clearInterval(this.#looking);
  }
}
