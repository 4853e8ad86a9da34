/** What a person reads when something failed: what happened, in one sentence, and what to do next. */
import type { ProblemCode } from "../../../live/live-explainer.ts";

export interface ProblemText {
  readonly what: string;
  readonly next: string;
}

export const problems: Readonly<Record<ProblemCode, ProblemText>> = {
  "insecure-context": {
    what: "Browsers give the microphone only to secure pages, and this address is not one.",
    next: "Open the page through https:// or as http://localhost. Sound files and the built-in sounds work here too.",
  },
  "permission-denied": {
    what: "The browser was not allowed to use the microphone.",
    next: "Allow it in the site settings beside the address bar, then press Start again.",
  },
  "no-microphone": {
    what: "No microphone was found.",
    next: "Plug one in and press Start again, or try a sound file or a built-in sound.",
  },
  "microphone-busy": {
    what: "The microphone is there but can't be opened; another program may be using it.",
    next: "Close programs that use it, such as a video call, or choose another microphone, then press Start again.",
  },
  "microphone-lost": {
    what: "The microphone stopped sending sound; it was unplugged or switched off.",
    next: "Plug it in again or choose another one, then press Start.",
  },
  "file-unreadable": {
    what: "This file is damaged or is not a sound that your browser can read.",
    next: "Choose another file; WAV, MP3, FLAC, OGG and M4A usually work.",
  },
  "file-empty": {
    what: "This file holds no sound.",
    next: "Choose a file that is at least a second long.",
  },
  "audio-unsupported": {
    what: "This browser lacks the audio features that the page needs.",
    next: "Use a current Firefox, Chrome, Edge or Safari.",
  },
  "worklet-missing": {
    what: "This browser, or this address, offers no audio thread, so the sound can't be processed on this page.",
    next: "Use a current browser and open the page through https:// or as http://localhost.",
  },
  "audio-suspended": {
    what: "The browser is holding the sound back.",
    next: "Press Start once more; browsers play sound only after a press or a key. If a call is going on, end it first.",
  },
  "server-gone": {
    what: "The server does not answer any more.",
    next: "Check your connection and press Start again, or let this device do the work: choose “This device” below.",
  },
  "server-refused": {
    what: "The server turned the connection down; it may be full, or of another version.",
    next: "Reload the page and try again in a minute, or choose “This device” below.",
  },
  "model-missing": {
    what: "The model could not be fetched.",
    next: "Check your connection and reload the page; if you run the server, see that it was started with a pack.",
  },
  "model-broken": {
    what: "The model was fetched but can't be used; it is damaged or made for another version.",
    next: "Reload the page without the cache; if you run the server, install the pack again.",
  },
  "engine-failed": {
    what: "The model stopped while it was working.",
    next: "Press Start again; if it happens again, choose another engine below.",
  },
  "version-mismatch": {
    what: "The parts of this page are of different versions.",
    next: "Reload the page without the cache; if you run the server, install Listenable again.",
  },
  unexpected: {
    what: "Something failed that should not have.",
    next: "Reload the page and try again; the detail below helps whoever looks into it.",
  },
};
