/** What the report's page reads: made in Node, drawn by `page/`. */
import type { MetricName, MetricRow } from "../metrics/metric-row.ts";

export interface ReportData {
  readonly metrics: readonly {
    readonly name: MetricName;
    readonly heading: string;
    readonly better: "up" | "down" | undefined;
    readonly digits: number;
  }[];
  readonly methods: readonly { readonly name: string; readonly title: string }[];
  readonly settings: readonly { readonly name: string; readonly title: string }[];
  readonly cards: readonly ReportCard[];
}

export interface ReportCard {
  readonly setting: string;
  readonly clip: string;
  readonly label?: string | undefined;
  readonly rows: Readonly<Record<string, MetricRow>>;
  readonly portrait: Portrait;
}

export interface Portrait {
  /** Where in the clip the excerpt starts, in seconds. */
  readonly start: number;
  readonly sampleRate: number;
  readonly sound: PackedSound;
  /** PNG, base64: time to the right, frequency up, brightness in dB. */
  readonly spectrogram: string;
  readonly answer: { readonly label: string; readonly probability: number };
  readonly methods: readonly MethodPortrait[];
}

/** A mono sound, its samples divided by their largest, as 8-bit µ-law in base64. */
export interface PackedSound {
  readonly peak: number;
  readonly bytes: string;
}

export interface MethodPortrait {
  readonly name: string;
  /** PNG, base64, of the same size: white where all is kept. */
  readonly mask: string;
  /** The kept part; what is left is the difference. Absent where everything is kept. */
  readonly sound?: PackedSound | undefined;
  /** What the classifier says of the kept part and of the rest: probability of the answer's class. */
  readonly kept: number;
  readonly rest: number;
}
