/**
 * Counters, gauges and histograms in Prometheus's text format (0.0.4). A hundred lines of our own, since the usual
 * library had no release for two years and brings a tracing API along; `promtool check metrics` reads what comes out.
 */
export type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): string[];
}

export class Metrics {
  readonly #all = new Map<string, Metric>();

  counter(name: string, help: string): Counter {
    return this.#add(new Counter(name, help));
  }

  /** `read` is asked at each rendering. */
  gauge(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): void {
    this.#add({
      name,
      help,
      type: "gauge",
      lines: () => [...read()].map(([l, value]) => line(name, l, value)),
    });
  }

  /** A counter that something else keeps. */
  counted(name: string, help: string, read: () => number): void {
    this.#add({ name, help, type: "counter", lines: () => [line(name, {}, read())] });
  }

  /** @param bounds upper ends of the buckets, ascending, without the infinite one. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#add(new Histogram(name, help, bounds));
  }

  get names(): readonly string[] {
    return [...this.#all.keys()];
  }

  render(): string {
    const blocks = [...this.#all.values()].map(({ name, help, type, lines }) =>
      [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines()].join("\n"),
    );
    return `${blocks.join("\n")}\n`;
  }

  #add<M extends Metric>(metric: M): M {
    if (this.#all.has(metric.name)) throw new Error(`there are two metrics named ${metric.name}`);
    this.#all.set(metric.name, metric);
    return metric;
  }
}

export class Counter implements Metric {
  readonly type = "counter";
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>();

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  /** A series that is to be there, as 0, before its first event: what is absent can't be drawn or alarmed on. */
  expect(labels: Labels): this {
    this.add(labels, 0);
    return this;
  }

  add(labels: Labels = {}, amount = 1): void {
    const key = text(labels);
    const known = this.#values.get(key);
    if (known) known.value += amount;
    else this.#values.set(key, { labels, value: amount });
  }

  lines = (): string[] =>
    [...this.#values.values()].map(({ labels, value }) => line(this.name, labels, value));
}

interface Buckets {
  readonly labels: Labels;
  /** Events at or below each bound and above the one before; the last is everything above. */
  readonly counts: number[];
  sum: number;
}

export class Histogram implements Metric {
  readonly type = "histogram";
  readonly #series = new Map<string, Buckets>();

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly bounds: readonly number[],
  ) {}

  observe(labels: Labels, value: number): void {
    const key = text(labels);
    let series = this.#series.get(key);
    if (!series) {
      series = { labels, counts: new Array(this.bounds.length + 1).fill(0), sum: 0 };
      this.#series.set(key, series);
    }
    const place = this.bounds.findIndex((bound) => value <= bound);
    series.counts[place < 0 ? this.bounds.length : place]++;
    series.sum += value;
  }

  lines = (): string[] =>
    [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let below = 0;
      const buckets = counts.map((count, k) => {
        below += count;
        return line(`${this.name}_bucket`, { ...labels, le: String(this.bounds[k] ?? "+Inf") }, below);
      });
      return [...buckets, line(`${this.name}_sum`, labels, sum), line(`${this.name}_count`, labels, below)];
    });
}

function line(name: string, labels: Labels, value: number): string {
  return `${name}${text(labels)} ${value}`;
}

function text(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
