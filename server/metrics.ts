/** The server's figures for Prometheus, counted from what `ServerObserver` is told. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Figure } from "./extension.ts";
import type { MemoryBegin, Refusal, ServerObserver, WindowDrop, WindowTimes } from "./observe.ts";

/** A window that takes longer than this is late: at ten windows a second the next one is due by then. */
export const WINDOW_DEADLINE_MS = 100;

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128];
const REFUSALS: readonly Refusal[] = [
  "path",
  "host",
  "origin",
  "token",
  "server-full",
  "address-sessions",
  "address-connections",
  "address-requests",
  "connection-share",
  "figures",
  "shutting-down",
  "overload",
];
const DROPS: readonly WindowDrop[] = ["displaced", "cancelled", "failed", "deadline"];
const BEGINS: readonly MemoryBegin[] = ["start", "missing", "dropped", "failed", "reload"];

interface ServerFacts {
  readonly version: string;
  readonly backend: string;
  /** Names of the packs that are explained here. */
  readonly packs: readonly string[];
  readonly ready: () => boolean;
  readonly windowsWaiting: () => number;
}

interface Tally {
  /** @param of the value of its label, where it has one. */
  add(value: number, of?: string): void;
}

export class ServerMetrics implements ServerObserver {
  readonly #registry = new Registry();
  readonly #open = new Map<string, number>();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });
  readonly #opened = this.#counter("listenable_sessions_opened_total", "Sessions begun.", ["pack"]);
  readonly #ended = this.#counter(
    "listenable_sessions_ended_total",
    'Sessions ended, by the error that ended them, or "closed" when the client left.',
    ["pack", "reason"],
  );
  readonly #refused = this.#counter(
    "listenable_refusals_total",
    "Connections and requests turned away, by reason.",
    ["reason"],
  );
  readonly #queued = this.#tally("listenable_windows_queued_total", "Windows asked for.", "pack");
  readonly #explained = this.#tally("listenable_windows_explained_total", "Windows explained.", "pack");
  readonly #late = this.#tally(
    "listenable_windows_late_total",
    `Windows explained more than ${WINDOW_DEADLINE_MS} ms after they were asked for.`,
    "pack",
  );
  readonly #dropped = this.#counter(
    "listenable_windows_dropped_total",
    "Windows asked for and not explained, by reason.",
    ["pack", "reason"],
  );
  readonly #begun = this.#counter(
    "listenable_memory_begun_total",
    "Times that a session of a streaming pack began without memory of its sound, by what it was for: a start, frames that its client left out, blocks dropped or failed here, a pack read again.",
    ["pack", "reason"],
  );
  readonly #batch = this.#histogram(
    "listenable_batch_windows",
    "Windows that the model ran together, counted once a window.",
    BATCHES,
  );
  readonly #calls = this.#tally(
    "listenable_model_calls_total",
    "Calls of the model that explained windows: windows explained, by these, is how many ran together in the mean.",
    "pack",
  );
  readonly #queueWait = this.#histogram(
    "listenable_queue_wait_seconds",
    "From a window's request to its start in the model.",
    SECONDS,
  );
  readonly #inference = this.#histogram("listenable_inference_seconds", "Time in the model.", SECONDS);
  readonly #received = this.#tally("listenable_received_bytes_total", "Bytes of session messages in.");
  readonly #sent = this.#tally("listenable_sent_bytes_total", "Bytes of session messages out.");
  readonly #http = this.#counter("listenable_http_answers_total", "HTTP requests answered, by status.", [
    "status",
  ]);
  readonly #cut = this.#counter(
    "listenable_downloads_cut_total",
    "Downloads ended because their client hardly read.",
    [],
  );

  constructor(facts: ServerFacts) {
    this.#loop.enable();
    for (const pack of facts.packs) this.#expect(pack);
    for (const reason of REFUSALS) this.#refused.inc({ reason }, 0);
    const { version, backend, ready, windowsWaiting } = facts;
    this.#gauge("listenable_info", "1; its labels say what runs.", ["version", "backend"], (gauge) =>
      gauge.set({ version, backend }, 1),
    );
    this.#gauge("listenable_ready", "1 while new sessions are taken.", [], (gauge) =>
      gauge.set(ready() ? 1 : 0),
    );
    this.#gauge("listenable_sessions", "Sessions open now.", ["pack"], (gauge) => {
      for (const [pack, count] of this.#open) gauge.set({ pack }, count);
    });
    this.#gauge("listenable_windows_waiting", "Windows that wait for the model now.", [], (gauge) =>
      gauge.set(windowsWaiting()),
    );
    this.#process();
  }

  add({ name, help, label, values }: Figure): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [of, value] of values()) this.set({ [label]: of }, value);
      },
    });
  }

  get names(): readonly string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#loop.disable();
  }

  sessionOpened(pack: string): void {
    this.#opened.inc({ pack });
    this.#open.set(pack, (this.#open.get(pack) ?? 0) + 1);
  }

  sessionClosed(pack: string, reason: string): void {
    this.#ended.inc({ pack, reason });
    this.#open.set(pack, (this.#open.get(pack) ?? 0) - 1);
  }

  refused(reason: Refusal): void {
    this.#refused.inc({ reason });
  }

  windowQueued(pack: string): void {
    this.#queued.add(1, pack);
  }

  windowDone(pack: string, { queueMs, inferenceMs, batch }: WindowTimes): void {
    this.#explained.add(1, pack);
    if (queueMs + inferenceMs > WINDOW_DEADLINE_MS) this.#late.add(1, pack);
    this.#batch.observe({ pack }, batch);
    this.#calls.add(1 / batch, pack);
    this.#queueWait.observe({ pack }, Math.max(0, queueMs) / 1000);
    this.#inference.observe({ pack }, inferenceMs / 1000);
  }

  windowDropped(pack: string, reason: WindowDrop): void {
    this.#dropped.inc({ pack, reason });
  }

  memoryBegan(pack: string, reason: MemoryBegin): void {
    this.#begun.inc({ pack, reason });
  }

  received(bytes: number): void {
    this.#received.add(bytes);
  }

  sent(bytes: number): void {
    this.#sent.add(bytes);
  }

  httpAnswered(status: number): void {
    this.#http.inc({ status: String(status) });
  }

  downloadCut(): void {
    this.#cut.inc();
  }

  #expect(pack: string): void {
    this.#open.set(pack, 0);
    this.#opened.inc({ pack }, 0);
    for (const tally of [this.#queued, this.#explained, this.#late, this.#calls]) tally.add(0, pack);
    for (const reason of DROPS) this.#dropped.inc({ pack, reason }, 0);
    for (const reason of BEGINS) this.#begun.inc({ pack, reason }, 0);
  }

  #process(): void {
    this.#gauge(
      "listenable_event_loop_lag_seconds",
      "How late the event loop's timers were since the last time this was read.",
      ["share"],
      (gauge) => {
        const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - 0.01) || 0;
        gauge.set({ share: "0.5" }, lag(this.#loop.percentile(50)));
        gauge.set({ share: "0.99" }, lag(this.#loop.percentile(99)));
        gauge.set({ share: "1" }, lag(this.#loop.max));
        this.#loop.reset();
      },
    );
    this.#gauge("listenable_heap_used_bytes", "JavaScript heap in use.", [], (gauge) =>
      gauge.set(process.memoryUsage().heapUsed),
    );
    this.#gauge("process_resident_memory_bytes", "Memory of the whole process.", [], (gauge) =>
      gauge.set(process.memoryUsage.rss()),
    );
    this.#gauge("process_start_time_seconds", "When the process began, since 1970.", [], (gauge) =>
      gauge.set(Date.now() / 1000 - process.uptime()),
    );
    let counted = 0;
    new Counter({
      name: "process_cpu_seconds_total",
      help: "Processor time of the whole process.",
      registers: [this.#registry],
      collect() {
        const { user, system } = process.cpuUsage();
        this.inc((user + system) / 1e6 - counted);
        counted = (user + system) / 1e6;
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A counter for what happens thousands of times a second: added up here, and told when it is read. */
  #tally(name: string, help: string, label?: string): Tally {
    const sums = new Map<string, number>();
    new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        for (const [of, sum] of sums) {
          this.inc(label === undefined ? {} : { [label]: of }, sum);
          sums.set(of, 0);
        }
      },
    });
    return { add: (value, of = "") => sums.set(of, (sums.get(of) ?? 0) + value) };
  }

  #histogram(name: string, help: string, buckets: readonly number[]): Histogram<"pack"> {
    return new Histogram({
      name,
      help,
      buckets: [...buckets],
      labelNames: ["pack"],
      registers: [this.#registry],
    });
  }

  /** `read` is asked at each rendering. */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (gauge: Gauge<Label>) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        read(this);
      },
    });
  }
}
