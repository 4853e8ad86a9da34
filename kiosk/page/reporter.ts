/** Tells the server how the kiosk is. A report that cannot be sent is not kept: the next one says the same and more. */
import type { KioskReport } from "../protocol.ts";
import type { Clock } from "./clock.ts";

/** Changes are told at once, but not more often than this. */
const LEAST_MS = 5_000;
const SEND_MS = 10_000;

interface ReporterParts {
  readonly clock: Clock;
  readonly url: string;
  readonly token: string | undefined;
  /** Between two reports; 0 sends none. */
  readonly everyMs: number;
  readonly report: () => KioskReport;
  /** Default: the browser's own. */
  readonly fetch?: typeof fetch;
}

export class Reporter {
  readonly #parts: ReporterParts;
  #sentAt = Number.NEGATIVE_INFINITY;
  #cancel = () => {};
  #closed = false;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    this.#wait(LEAST_MS);
  }

  /** Something changed that should not wait for the next report. */
  soon(): void {
    const { clock } = this.#parts;
    this.#wait(Math.max(0, this.#sentAt + LEAST_MS - clock.now()));
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #wait(ms: number): void {
    const { clock, everyMs } = this.#parts;
    this.#cancel();
    if (this.#closed || everyMs === 0) return;
    this.#cancel = clock.after(Math.min(ms, everyMs), () => {
      this.#send();
      this.#wait(everyMs);
    });
  }

  #send(): void {
    const { clock, url, token, report, fetch: send = fetch } = this.#parts;
    this.#sentAt = clock.now();
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    const body = JSON.stringify(report());
    send(url, { method: "POST", headers, body, signal: AbortSignal.timeout(SEND_MS) }).catch(() => {});
  }
}
