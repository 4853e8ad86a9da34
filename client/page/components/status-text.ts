import type { Status } from "../../live/live-explainer.ts";
import { percent } from "../format.ts";

export interface StatusText {
  readonly headline: string;
  readonly sentence: string;
  readonly sure?: boolean;
  readonly progress?: number;
}

/** The large line while there is no verdict yet. */
export function statusText(status: Status): StatusText {
  switch (status.state) {
    case "idle":
      return { headline: "Press Start", sentence: "Then you see here what it hears." };
    case "starting":
      return starting(status.step, status.progress);
    case "running":
      return { headline: "Listening…", sentence: "The first answer takes about a second." };
    case "stopped":
      return status.reason === "ended"
        ? { headline: "The sound has ended", sentence: "Press Start to hear it again." }
        : { headline: "Stopped", sentence: "Press Start to go on." };
    case "failed":
      return { headline: "Not listening", sentence: "See above for what happened and what to do." };
    default:
      return status satisfies never;
  }
}

type Step = Extract<Status, { state: "starting" }>["step"];

const steps: Record<Step, string> = {
  audio: "Preparing the sound…",
  model: "Fetching the model…",
  microphone: "Waiting for the microphone…",
  file: "Reading the file…",
  engine: "Warming up the model…",
};

function starting(step: Step, progress: number | undefined): StatusText {
  const sentence =
    step === "microphone"
      ? "If your browser asks, allow this page to use it."
      : progress === undefined
        ? ""
        : percent(progress);
  return { headline: steps[step], sentence, progress };
}
