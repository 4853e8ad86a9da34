/** The columns of the tables. */

/** Values of one window, or means of many; null or absent where a metric does not apply. */
export type MetricRow = Partial<Record<MetricName, number | null>>;

export interface Metric {
  readonly name: MetricName;
  /** As the published tables head it. */
  readonly heading: string;
  /** Which way is better; none for context. */
  readonly better?: "up" | "down" | undefined;
  readonly digits: number;
  /** One line for people. */
  readonly meaning: string;
}

export type MetricName =
  | "ai"
  | "ad"
  | "adPublished"
  | "ag"
  | "ff"
  | "fidIn"
  | "sps"
  | "comp"
  | "mm"
  | "selectivity"
  | "siSdr"
  | "forcing"
  | "musicalNoise"
  | "musicalNoiseSmoothed"
  | "silenceMass"
  | "relevanceMass"
  | "relevanceInTime"
  | "timeAuc"
  | "timeIou"
  | "timeIouBest"
  | "pointing";

export const METRICS: readonly Metric[] = [
  metric("ai", "AI", "up", 2, "windows in which the kept part is surer of the class than the whole, %"),
  metric("ad", "AD", "down", 2, "drop of the class's probability from the whole to the kept part, %"),
  metric(
    "adPublished",
    "AD, published",
    "down",
    2,
    "the same after a second softmax, as published tables have it",
  ),
  metric("ag", "AG", "up", 2, "gain of the class's probability by the mask, % of what could be gained"),
  metric("ff", "FF", "up", 3, "probability of the class in the whole less that in the rest"),
  metric(
    "fidIn",
    "Fid-In",
    "up",
    3,
    "share of windows whose kept part is called the same as the whole; of independent classes: whose yes or no stays",
  ),
  metric("sps", "SPS", "up", 3, "Gini index of the mask"),
  metric("comp", "COMP", "down", 2, "entropy of the mask, nats"),
  metric("mm", "MM", undefined, 3, "mean of the mask"),
  metric("selectivity", "selectivity", "up", 2, "target kept over interferer kept, dB"),
  metric("siSdr", "SI-SDRi", "up", 2, "improvement of the masked mixture's SI-SDR against the target, dB"),
  metric("forcing", "forcing", "down", 1, "wrong classes asked for that the classifier then says, %"),
  metric(
    "musicalNoise",
    "musical noise",
    "down",
    2,
    "log kurtosis ratio of the interferer after and before the mask",
  ),
  metric(
    "musicalNoiseSmoothed",
    "musical noise, smooth",
    "down",
    2,
    "the same with the mask's mean over 40 ms",
  ),
  metric("silenceMass", "silence mass", "down", 4, "share of the mask that lies on digital silence"),
  metric("relevanceMass", "relevance mass", "up", 3, "share of the kept energy that is the class's own"),
  metric("relevanceInTime", "relevance in time", "up", 3, "share of the kept energy while the event sounds"),
  metric("timeAuc", "time AUC", "up", 3, "that a frame of the event has more of the mask than another frame"),
  metric(
    "timeIou",
    "time IoU",
    "up",
    3,
    "frames of the event with half of the mask's largest, over frames that are either",
  ),
  metric("timeIouBest", "time IoU, best", "up", 3, "the same at each scene's best threshold"),
  metric("pointing", "pointing", "up", 3, "share of masks that are largest while the event sounds"),
];

function metric(
  name: MetricName,
  heading: string,
  better: "up" | "down" | undefined,
  digits: number,
  meaning: string,
): Metric {
  return { name, heading, better, digits, meaning };
}

/** Mean of every metric over the rows that have it; null where rows have none. */
export function meanOfRows(rows: readonly MetricRow[]): MetricRow {
  const mean: MetricRow = {};
  for (const { name } of METRICS) {
    const values = rows.map((row) => row[name]).filter((value) => typeof value === "number");
    if (values.length > 0) mean[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
    else if (rows.some((row) => name in row)) mean[name] = null;
  }
  return mean;
}
