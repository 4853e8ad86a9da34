/** What is told to people while it runs, as codes and values: the words are the page's (client/kit/words/). */
import type { ChannelVerdict } from "../../dsp/channel-choice.ts";
import type { Engine } from "../../protocol/engine.ts";

/** Why an engine answers from now on. */
export type EngineReason =
  | { readonly why: "chosen" | "measured" | "server-back" }
  /** Of the server's last windows so many came too late. */
  | { readonly why: "late"; readonly misses: number; readonly windows: number }
  /** The server was watched, and so many windows came in time. */
  | { readonly why: "in-time"; readonly windows: number }
  /** What the other engine failed of, as it said itself. */
  | { readonly why: "failed"; readonly detail: string };

/**
 * Why a streaming pack's model had to forget what it heard: frames were missing on their way to it, it fell too far behind, or
 * what answers has not heard them, as another engine or after a failure.
 */
export type Restart = "frames-lost" | "behind" | "engine";

/** What keeps voices clear on the phone, by its name in MediaTrackSettings. */
export type VoiceProcessing = "echoCancellation" | "noiseSuppression" | "autoGainControl";

export type Told =
  /** No audio thread here. */
  | { readonly code: "polyfill" }
  | { readonly code: "voice-processing"; readonly what: VoiceProcessing }
  | { readonly code: "microphone-muted" | "microphone-unmuted" | "microphone-away" | "microphone-back" }
  /** The chosen one is away; the name of the one in use is for the listener alone, never for the log. */
  | { readonly code: "other-microphone"; readonly name: string }
  | { readonly code: "other-microphone-took-over" | "chosen-microphone-back" | "microphone-followed" }
  | { readonly code: "howled" }
  /** Not the mean of all channels is heard. */
  | { readonly code: "channels"; readonly verdict: ChannelVerdict }
  /** The system holds the sound back; the audio context's state is for the log. */
  | { readonly code: "held-back"; readonly state: string | null }
  | { readonly code: "flows" }
  | { readonly code: "slept"; readonly seconds: number }
  | { readonly code: "stands-still"; readonly what: "device" | "frames"; readonly trying: boolean }
  | { readonly code: "begun-anew" | "given-up" }
  /** Frames go out without masks, and with them again. */
  | { readonly code: "explanation-away" | "explanation-back" }
  | { readonly code: "engine-answers"; readonly engine: Engine["kind"]; readonly reason: EngineReason }
  | { readonly code: "model-restarted"; readonly why: Restart }
  | { readonly code: "server-late" }
  /** It was chosen, and loads its model; `progress` is 0 to 1 where it told. */
  | { readonly code: "server-warming"; readonly progress: number | undefined }
  /** What an engine said of its failure, and what is done about it. */
  | {
      readonly code: "engine-failed";
      readonly detail: string;
      readonly next: "nothing" | "device" | "trying" | "until-back";
    };
