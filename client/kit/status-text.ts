import type { EngineChoice, Status } from "../live/live-explainer.ts";
import { percent } from "./format.ts";
import { words } from "./words/words.ts";

export interface StatusText {
  readonly headline: string;
  readonly sentence: string;
  readonly sure?: boolean;
  readonly progress?: number | undefined;
}

/** The large line while there is no verdict yet. */
export function statusText(status: Status): StatusText {
  const said = words.page.status;
  switch (status.state) {
    case "idle":
      return status.warming ? said.warming : said.idle;
    case "starting":
      return starting(status.step, status.progress);
    case "running":
      return status.explanation === "away" ? words.page.unexplained : said.listening;
    case "stopped":
      return status.reason === "ended" ? said.ended : said.stopped;
    case "failed":
      return said.failed;
    default:
      return status satisfies never;
  }
}

/** Whether it runs, and what is heard has no masks: not yet, or no more. */
export function isUnexplained(status: Status): boolean {
  return status.state === "running" && (status.explanation === "coming" || status.explanation === "away");
}

/** While nothing is explained: whether the listener may let this device do it, where a server should. */
export function mayUseDevice(status: Status, choice: EngineChoice): boolean {
  return (
    status.state === "running" &&
    status.explanation === "away" &&
    status.engine === "remote" &&
    choice !== "local"
  );
}

type Step = Extract<Status, { state: "starting" }>["step"];

function starting(step: Step, progress: number | undefined): StatusText {
  const said = words.page.status;
  const share = progress === undefined ? "" : percent(progress);
  return {
    headline: said.steps[step],
    sentence: step === "microphone" ? said.allowMicrophone : share,
    progress,
  };
}
