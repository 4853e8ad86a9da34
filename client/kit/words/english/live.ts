/** What is told while it runs: notices and the log of events. */
import type { EngineReason, Restart, Told, VoiceProcessing } from "../../../live/told.ts";
import { numbersIn } from "../numbers.ts";

const { percent, plural } = numbersIn("en");

/** For every code the words, with its values. */
export type LiveWords = {
  readonly [Code in Told["code"]]: (told: Extract<Told, { readonly code: Code }>) => string;
};

const processing: Readonly<Record<VoiceProcessing, string>> = {
  echoCancellation: "echo cancellation",
  noiseSuppression: "noise suppression",
  autoGainControl: "automatic gain control",
};

const next = {
  nothing: "",
  device: "; this device computes meanwhile",
  trying: "; trying again",
  "until-back": "; trying again until it is back",
} as const;

const engines = { local: "This device", remote: "The server" } as const;

function because(reason: EngineReason): string {
  switch (reason.why) {
    case "chosen":
      return "it was chosen";
    case "measured":
      return "it was measured to be the better one";
    case "server-back":
      return "the server is back";
    case "late":
      return `${reason.misses} of the last ${reason.windows} answers from the server came too late`;
    case "in-time":
      return `the server answered ${reason.windows} ${plural(reason.windows, "window", "windows")} in time`;
    case "failed":
      return reason.detail;
    default:
      return reason satisfies never;
  }
}

const restarts: Readonly<Record<Restart, string>> = {
  "frames-lost": "sound was lost on its way to it",
  behind: "it had fallen too far behind",
  engine: "what answers now has not heard what came before",
};

export const live: LiveWords = {
  polyfill: () =>
    "This browser, or this address, offers no audio thread: the sound is processed on the page's main thread. " +
    "It comes a little later and may stutter while the page is busy.",
  "voice-processing": ({ what }) =>
    `The browser keeps ${processing[what]} on: it changes the sound before it is analysed.`,
  "microphone-muted": () => "The system has muted the microphone.",
  "microphone-unmuted": () => "The microphone is no longer muted.",
  "microphone-away": () =>
    "The microphone was unplugged or withdrawn. It goes on by itself when there is one again.",
  "microphone-back": () => "The microphone is back.",
  "other-microphone": ({ name }) =>
    `The chosen microphone is away; ${name ? `“${name}”` : "another one"} is used until it is back.`,
  "other-microphone-took-over": () => "Another microphone took over.",
  "chosen-microphone-back": () => "The chosen microphone is back.",
  "microphone-followed": () => "The system's microphone changed, and this page followed.",
  channels: ({ verdict: { of, heard, cancelling } }) => {
    const which = of === 2 ? (heard[0] === 1 ? "the left one" : "the right one") : `channel ${heard[0]}`;
    const alone = heard.length === 1 ? which : `channels ${heard.join(", ")}`;
    const why = cancelling
      ? `The ${of} channels of this sound cancel each other, as if one were upside down`
      : `Not all of the ${of} channels hold sound`;
    return `${why}: ${alone} ${heard.length === 1 ? "is" : "are"} heard alone.`;
  },
  howled: () => "The output fed back into the microphone and was turned down.",
  "held-back": ({ state }) =>
    state === null
      ? "The system holds the sound back. It goes on by itself, or when you press a key or touch the page."
      : `The system holds the sound back (${state}).`,
  flows: () => "The sound goes on.",
  slept: ({ seconds }) => `The computer slept for about ${seconds} s.`,
  "stands-still": ({ what, trying }) => {
    const standing =
      what === "device" ? "The sound device stands still." : "No sound reaches the model any more.";
    return trying ? `${standing} Trying to get it going again.` : standing;
  },
  "begun-anew": () => "Begun anew, as the sound stood still.",
  "given-up": () => "Given up: the sound stood still again and again.",
  "explanation-away": () => "No explanation came for what was heard from here on.",
  "explanation-back": () => "The explanation is back.",
  "engine-answers": ({ engine, reason }) => `${engines[engine]} answers: ${because(reason)}.`,
  "model-restarted": ({ why }) => `The model listens anew: ${restarts[why]}.`,
  "server-late": () => "The server answers too late; this device computes until it is faster again.",
  "server-warming": ({ progress }) =>
    `The server is warming up${progress === undefined ? "" : ` (${percent(progress)})`}. It goes on by itself.`,
  "engine-failed": ({ detail, next: then }) => `${detail}${next[then]}`,
};
