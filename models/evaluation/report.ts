import type { Pack } from "../pack.ts";
import type { Evaluation } from "./evaluate.ts";
import type { LazyLanes } from "./lanes.ts";
export const REPORT_CLIPS = 12;
export interface ReportOptions {
  readonly evaluation: Evaluation;
  readonly pack: Pack;
  readonly title: string;
  readonly clips: number;
  readonly lanes: LazyLanes;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}
export async function reportPage(_options: ReportOptions): Promise<string> {
  return "";
}
