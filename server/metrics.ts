/** The server's figures for Prometheus, counted from what `ServerObserver` is told. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Refusal, ServerObserver, WindowDrop, WindowTimes } from "./observe.ts";
import { Metrics } from "./prometheus.ts";

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
  "shutting-down",
  "overload",
];
const DROPS: readonly WindowDrop[] = ["displaced", "cancelled", "failed", "deadline"];

export interface ServerFacts {
  readonly version: string;
  readonly backend: string;
  /** Names of the packs that are explained here. */
  readonly packs: readonly string[];
  readonly ready: () => boolean;
  readonly windowsWaiting: () => number;
}

export class ServerMetrics implements ServerObserver {
  readonly #metrics = new Metrics();
  readonly #open = new Map<string, number>();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });
  readonly #opened = this.#metrics.counter("listenable_sessions_opened_total", "Sessions begun.");
  readonly #ended = this.#metrics.counter(
    "listenable_sessions_ended_total",
    'Sessions ended, by the error that ended them, or "closed" when the client left.',
  );
  readonly #refused = this.#metrics.counter(
    "listenable_refusals_total",
    "Connections and requests turned away, by reason.",
  );
  readonly #queued = this.#metrics.counter("listenable_windows_queued_total", "Windows asked for.");
  readonly #explained = this.#metrics.counter("listenable_windows_explained_total", "Windows explained.");
  readonly #late = this.#metrics.counter(
    "listenable_windows_late_total",
    `Windows explained more than ${WINDOW_DEADLINE_MS} ms after they were asked for.`,
  );
  readonly #dropped = this.#metrics.counter(
    "listenable_windows_dropped_total",
    "Windows asked for and not explained, by reason.",
  );
  readonly #batch = this.#metrics.histogram(
    "listenable_batch_windows",
    "Windows that the model ran together, counted once a window.",
    BATCHES,
  );
  readonly #queueWait = this.#metrics.histogram(
    "listenable_queue_wait_seconds",
    "From a window's request to its start in the model.",
    SECONDS,
  );
  readonly #inference = this.#metrics.histogram(
    "listenable_inference_seconds",
    "Time in the model.",
    SECONDS,
  );
  readonly #received = this.#metrics.counter(
    "listenable_received_bytes_total",
    "Bytes of session messages in.",
  );
  readonly #sent = this.#metrics.counter("listenable_sent_bytes_total", "Bytes of session messages out.");
  readonly #http = this.#metrics.counter(
    "listenable_http_answers_total",
    "HTTP requests answered, by status.",
  );
  readonly #cut = this.#metrics.counter(
    "listenable_downloads_cut_total",
    "Downloads ended because their client hardly read.",
  );

  constructor(facts: ServerFacts) {
    this.#loop.enable();
    for (const pack of facts.packs) this.#expect(pack);
    for (const reason of REFUSALS) this.#refused.expect({ reason });
    for (const counter of [this.#received, this.#sent, this.#cut]) counter.expect({});
    const { version, backend, ready, windowsWaiting } = facts;
    this.#metrics.gauge("listenable_info", "1; its labels say what runs.", () => [[{ version, backend }, 1]]);
    this.#metrics.gauge("listenable_ready", "1 while new sessions are taken.", () => [[{}, ready() ? 1 : 0]]);
    this.#metrics.gauge("listenable_sessions", "Sessions open now.", () =>
      [...this.#open].map(([pack, count]) => [{ pack }, count] as const),
    );
    this.#metrics.gauge("listenable_windows_waiting", "Windows that wait for the model now.", () => [
      [{}, windowsWaiting()],
    ]);
    this.#process();
  }

  get names(): readonly string[] {
    return this.#metrics.names;
  }

  render(): string {
    return this.#metrics.render();
  }

  close(): void {
    this.#loop.disable();
  }

  sessionOpened(pack: string): void {
    this.#opened.add({ pack });
    this.#open.set(pack, (this.#open.get(pack) ?? 0) + 1);
  }

  sessionClosed(pack: string, reason: string): void {
    this.#ended.add({ pack, reason });
    this.#open.set(pack, (this.#open.get(pack) ?? 0) - 1);
  }

  refused(reason: Refusal): void {
    this.#refused.add({ reason });
  }

  windowQueued(pack: string): void {
    this.#queued.add({ pack });
  }

  windowDone(pack: string, { queueMs, inferenceMs, batch }: WindowTimes): void {
    this.#explained.add({ pack });
    if (queueMs + inferenceMs > WINDOW_DEADLINE_MS) this.#late.add({ pack });
    this.#batch.observe({ pack }, batch);
    this.#queueWait.observe({ pack }, Math.max(0, queueMs) / 1000);
    this.#inference.observe({ pack }, inferenceMs / 1000);
  }

  windowDropped(pack: string, reason: WindowDrop): void {
    this.#dropped.add({ pack, reason });
  }

  received(bytes: number): void {
    this.#received.add({}, bytes);
  }

  sent(bytes: number): void {
    this.#sent.add({}, bytes);
  }

  httpAnswered(status: number): void {
    this.#http.add({ status: String(status) });
  }

  downloadCut(): void {
    this.#cut.add();
  }

  #expect(pack: string): void {
    this.#open.set(pack, 0);
    for (const counter of [this.#opened, this.#queued, this.#explained, this.#late]) counter.expect({ pack });
    for (const reason of DROPS) this.#dropped.expect({ pack, reason });
  }

  #process(): void {
    const metrics = this.#metrics;
    metrics.gauge(
      "listenable_event_loop_lag_seconds",
      "How late the event loop's timers were since the last time this was read.",
      () => {
        const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - 0.01) || 0;
        const read = [
          [{ share: "0.5" }, lag(this.#loop.percentile(50))],
          [{ share: "0.99" }, lag(this.#loop.percentile(99))],
          [{ share: "1" }, lag(this.#loop.max)],
        ] as const;
        this.#loop.reset();
        return read;
      },
    );
    metrics.gauge("listenable_heap_used_bytes", "JavaScript heap in use.", () => [
      [{}, process.memoryUsage().heapUsed],
    ]);
    metrics.gauge("process_resident_memory_bytes", "Memory of the whole process.", () => [
      [{}, process.memoryUsage.rss()],
    ]);
    metrics.counted("process_cpu_seconds_total", "Processor time of the whole process.", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
    const startSeconds = Date.now() / 1000 - process.uptime();
    metrics.gauge("process_start_time_seconds", "When the process began, since 1970.", () => [
      [{}, startSeconds],
    ]);
  }
}
