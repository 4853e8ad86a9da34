import type { Status } from "../live/live-explainer.ts";
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
      return said.idle;
    case "starting":
      return starting(status.step, status.progress);
    case "running":
      return said.listening;
    case "stopped":
      return status.reason === "ended" ? said.ended : said.stopped;
    case "failed":
      return said.failed;
    default:
      return status satisfies never;
  }
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
