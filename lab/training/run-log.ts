/** What a run tells of itself, one JSON object a line; the command line draws its progress from the same values. */
import { appendFileSync } from "node:fs";

type LoggedValues = Readonly<Record<string, number>>;

export interface StepRecord {
  readonly step: number;
  /** Seconds since this call began. */
  readonly seconds: number;
  readonly values: LoggedValues;
}

export class RunLog {
  private readonly started = Date.now();

  constructor(
    private readonly path: string,
    private readonly onStep: (record: StepRecord) => void,
  ) {}

  step(step: number, values: LoggedValues): void {
    const record = { step, seconds: Number(((Date.now() - this.started) / 1000).toFixed(1)), values };
    appendFileSync(this.path, `${JSON.stringify(record)}\n`);
    this.onStep(record);
  }
}
