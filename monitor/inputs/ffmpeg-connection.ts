/** One run of ffmpeg: what it gives is sound with the time at which it came, and at its end the reason. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type ChannelChoice, type ChannelVerdict, channelNote } from "../../dsp/channel-choice.ts";
import { withoutSecrets } from "../../protocol/shown-address.ts";
import { ArrivalClock } from "./arrival-clock.ts";
import { type Clock, machineClock } from "./clock.ts";
import { hostOf, type MayOpen, refusal } from "./followed-hosts.ts";
import { HttpGate } from "./http-gate.ts";
import type { InputReport, Stretch } from "./input.ts";
import { LiveQueue } from "./live-queue.ts";
import { AuDecoder } from "./pcm.ts";

export interface ConnectionOptions {
  /** The program; "ffmpeg" on the PATH when absent. */
  readonly program?: string;
  /** Seconds of sound that may wait for their analysis. Default 10. */
  readonly queueSeconds?: number;
  /** Seconds without a sample after which the connection counts as stalled. Default 15. */
  readonly stallSeconds?: number;
  readonly channel?: ChannelChoice | undefined;
  readonly clock?: Clock;
}

interface Leads {
  readonly http: boolean;
  readonly mayOpen: MayOpen;
}

/** Characters that are kept of what ffmpeg says: its last line is whole then, with whatever address stands in it. */
const COMPLAINT = 8000;

const HARMLESS = /^(\[[^\]]*\] )?\[(warning|info|verbose)\]/;

/** In Hz: all that most people hear, at two thirds of the space. */
const STREAM_RATE = 32_000;

/** What a server may send of the past when one connects: Icecast's burst of 64 kB is 16 s at 32 kbit/s. */
const MOST_BURST_MS = 30_000;

export class Connection {
  readonly #child: ChildProcess;
  readonly #queue: LiveQueue;
  readonly #closed: Promise<unknown>;
  readonly #clock: ArrivalClock;
  #complaint = "";
  #problem: string | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  /** Whether any sound came. */
  heard = false;

  /** @param leads what ffmpeg may open besides the address itself; undefined for a device. */
  static async open(
    open: readonly string[],
    leads: Leads | undefined,
    report: InputReport,
    signal: AbortSignal,
    options: ConnectionOptions,
  ): Promise<Connection> {
    const gate = leads?.http ? await HttpGate.open(leads.mayOpen) : undefined;
    return new Connection(open, leads, gate, report, signal, options);
  }

  private constructor(
    open: readonly string[],
    private readonly leads: Leads | undefined,
    private readonly gate: HttpGate | undefined,
    private readonly report: InputReport,
    private readonly signal: AbortSignal,
    private readonly options: ConnectionOptions,
  ) {
    const { program = "ffmpeg", queueSeconds = 10, channel, clock = machineClock } = options;
    const output = ["-map", "0:a:0", "-ar", `${STREAM_RATE}`, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"];
    // Redirects of RTSP are told at "info" and nowhere else; each line says then how grave it is.
    const level = leads && !leads.http ? "level+info" : "error";
    const quiet = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", level];
    this.#child = spawn(program, [...quiet, ...open, ...output], {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      env: gate?.environment() ?? process.env,
    });
    this.#clock = new ArrivalClock(STREAM_RATE, clock.steady() - MOST_BURST_MS, clock);
    this.#queue = new LiveQueue(queueSeconds * STREAM_RATE, (samples) =>
      report.dropped(samples / STREAM_RATE),
    );
    this.#watch();
    const onVerdict = (verdict: ChannelVerdict) =>
      report.noted?.(`${channelNote(verdict)} (--channel takes another)`);
    this.#listen(new AuDecoder({ choice: channel, onVerdict }));
    this.#closed = once(this.#child, "close").catch(() => {});
    void this.#closed.then(() => this.#queue.end());
    signal.addEventListener("abort", this.#kill, { once: true });
  }

  /** Why it ended, for people. @param known addresses whose secrets ffmpeg may repeat. */
  problem(known: readonly string[]): string {
    if (this.gate?.refused !== undefined) return refusal(this.gate.refused);
    if (this.#problem !== undefined) return this.#problem;
    const lines = this.#complaint.split("\n").filter((line) => line.trim() !== "" && !HARMLESS.test(line));
    const last = lines.at(-1) ?? "";
    const said = last.replace(/\[(error|fatal|panic)\] /, "").trim();
    if (/Protocol '(https|tls)' not on whitelist/.test(this.#complaint)) {
      return "it leads to https: give its https address, or allow where it leads to with --follow-to";
    }
    return said === "" ? "the stream ended" : withoutSecrets(said, known);
  }

  /** A new one begins wherever sound was thrown away. */
  async *stretches(): AsyncGenerator<Stretch> {
    const queue = this.#queue;
    /** What ended the stretch before; "end" too when nobody read it to its end. */
    let left: "gap" | "end" = "gap";
    async function* blocks(first: Float32Array): AsyncGenerator<Float32Array> {
      left = "end";
      for (let piece: Awaited<ReturnType<LiveQueue["read"]>> = first; ; piece = await queue.read()) {
        if (piece === "gap" || piece === "end") {
          left = piece;
          return;
        }
        yield piece;
      }
    }
    while (left === "gap") {
      const first = await queue.read();
      if (first === "end") return;
      if (first === "gap") continue;
      const from = this.#clock.samples - queue.length - first.length;
      const timeOf = (seconds: number) => this.#clock.timeOf(from + Math.round(seconds * STREAM_RATE));
      left = "end";
      yield { sampleRate: STREAM_RATE, startedAt: timeOf(0), timeOf, blocks: blocks(first) };
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#watchdog);
    this.signal.removeEventListener("abort", this.#kill);
    this.#kill();
    await this.#closed;
    clearTimeout(this.#watchdog);
    await this.gate?.close();
  }

  #listen(decoder: AuDecoder): void {
    const child = this.#child;
    child.stdout!.on("data", (bytes: Buffer) => {
      this.#watch();
      try {
        this.#take(decoder.push(bytes));
      } catch (error) {
        this.#fail((error as Error).message);
      }
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT);
      this.#lookForRedirect();
    });
    child.on("error", (error) => {
      this.#problem ??= error.message;
      this.#queue.end();
    });
  }

  #take(samples: Float32Array): void {
    if (samples.length === 0) return;
    if (!this.heard) this.report.state("running");
    this.heard = true;
    this.#clock.arrived(samples.length);
    this.#queue.push(samples);
  }

  /** RTSP has no proxies: ffmpeg is stopped when it says that it goes elsewhere, which may be one request too late. */
  #lookForRedirect(): void {
    const [, to = ""] = /Redirecting to (\S+)\s/.exec(this.#complaint) ?? [];
    if (to === "" || this.leads === undefined) return;
    const place = hostOf(to);
    if (place && this.leads.mayOpen(place.host, place.port)) return;
    this.#fail(refusal(place ? `${place.host}:${place.port}` : "an address that is none"));
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
    this.#kill();
  }

  #watch(): void {
    const { stallSeconds = 15 } = this.options;
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#fail("no sound came any more"), 1000 * stallSeconds);
  }

  readonly #kill = () => {
    this.#child.kill("SIGKILL");
  };
}
