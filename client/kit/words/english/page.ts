/** The live page. */
import type { DelaySetting, EngineChoice, Listening } from "../../../live/live-explainer.ts";
import { numbersIn } from "../numbers.ts";

const { plural } = numbersIn("en");

const SENT =
  "the logarithms of the spectrum's magnitudes, without phase: never the sound itself, though spoken words could still be guessed from them";

export const page = {
  notices: "Notices",
  whatItHears: "What it hears",
  drop: "Drop the sound file to listen",
  model: (title: string, labels: number) =>
    `Model: ${title}. It knows ${labels} ${plural(labels, "kind", "kinds")} of sound.`,
  language: "Language",

  theme: {
    name: "Colours",
    system: "As the system",
    light: "Light",
    dark: "Dark",
  },

  welcome: {
    name: "What this is",
    sentences: [
      "A classifier listens along and names what it hears.",
      "Listenable marks, in the picture of the sound, the part that made it decide, and plays you just that part.",
      "Switch between the original, the explanation and the rest, and judge for yourself whether it listened to the right thing.",
    ],
    tryIt: "Try it without a microphone",
    close: "Understood",
    again: "What is this?",
  },

  update: {
    waits: "A new version of this page is ready.",
    load: "Load it",
    others: "Close the other tabs with this page first, so that none of them mixes old and new.",
  },

  source: {
    name: "What to listen to",
    listenTo: "Listen to",
    sound: "Built-in sound",
    microphone: "Microphone",
    file: "Sound file",
    recordedBy: "Recorded by others: by whom?",
    by: (author: string) => `by ${author}`,
    mixed: "cut, brought to one level and mixed by us.",
    dropHere: "Or drop one anywhere on the page.",
    start: "Start",
    stop: "Stop",
    standardMicrophone: "Standard microphone",
    headphones: "I wear headphones: play the sound",
    headphonesWhy:
      "Through loudspeakers the microphone would hear itself and howl, so it stays silent without.",
    chooseFile: "Choose a file…",
    repeat: "Repeat",
  },

  status: {
    idle: { headline: "Press Start", sentence: "Then you see here what it hears." },
    warming: { headline: "The server is warming up…", sentence: "It goes on by itself." },
    listening: { headline: "Listening…", sentence: "The first answer takes about a second." },
    ended: { headline: "The sound has ended", sentence: "Press Start to hear it again." },
    stopped: { headline: "Stopped", sentence: "Press Start to go on." },
    failed: { headline: "Not listening", sentence: "See above for what happened and what to do." },
    steps: {
      server: "The server is warming up…",
      audio: "Preparing the sound…",
      model: "Fetching the model…",
      microphone: "Waiting for the microphone…",
      file: "Reading the file…",
      engine: "Warming up the model…",
    },
    allowMicrophone: "If your browser asks, allow this page to use it.",
    loading: "Loading",
    silent: "No sound is coming in",
    muted: "Is the microphone muted?",
    silentPart: "This part is silent.",
  },

  /** While what is heard has no masks. */
  unexplained: {
    headline: "No explanation just now",
    sentence:
      "Until it is back, you hear everything and the rest is silent. In the picture, what has no explanation is hatched.",
    useDevice: "Use this device",
    preparing: "This device is getting ready to take over.",
  },

  verdict: {
    sure: (share: string) => `${share} sure.`,
    other: "Something else",
    otherSentence: (share: string) => `None of the sounds it knows (${share} sure).`,
    unsure: "Not sure",
    none: "Nothing that it knows",
    also: (labels: string) => `Also: ${labels}.`,
    unsureSentence: (label: string, share: string, threshold: string) =>
      `Its best guess is ${label} with ${share}; it wants ${threshold} to be sure.`,
  },

  /** What a screen reader says. */
  spoken: {
    listeningTo: (source: string) => `Listening to ${source}.`,
    ended: "The sound has ended.",
    stopped: "Stopped.",
    hears: (what: string) => `It hears: ${what}.`,
    explained: "The explanation is back.",
  },

  listening: {
    name: "What you hear",
    titles: { original: "Original", explanation: "Explanation", rest: "Rest" } satisfies Record<
      Listening,
      string
    >,
    hints: {
      original: "everything",
      explanation: "what made it decide",
      rest: "what it left out",
    } satisfies Record<Listening, string>,
    volume: "Volume",
    silentBecause: "The sound is off: put on headphones and tick “I wear headphones” above to hear it.",
  },

  minute: {
    upTo: (label: string, share: string) => `${label}, up to ${share}`,
    heard: (parts: string) => `The last minute: ${parts}`,
    nothing: "The last minute: nothing for sure",
    now: "now",
  },

  classes: {
    title: "What it considers",
    before: "What it considered before",
    threshold: (share: string) => `The line at ${share} is where this model starts to believe itself.`,
    thresholds: "The line on each bar is where this model starts to believe that it hears that sound.",
    alone: "Each sound is judged by itself: several may be there, or none.",
    mean: "Mean of the last half second.",
    explain: "Explain",
    winner: "what it hears",
    asked: (label: string) =>
      `You see and hear what speaks for “${label}”, whatever it hears. If nothing does, almost nothing is left.`,
    onlyWinner: (method: string) => `${method} explains only what it hears.`,
    thisMethod: "This method",
  },

  running: {
    name: "How it runs",
    where: "Where the model works",
    engines: { auto: "Automatic", local: "This device", remote: "Server" } satisfies Record<
      EngineChoice,
      string
    >,
    delay: "Delay",
    delays: {
      "low-delay": "Low delay",
      balanced: "Balanced",
      "high-quality": "High quality",
    } satisfies Record<DelaySetting, string>,
    delayNotes: {
      "low-delay":
        "A tenth of a second at most: masks see little of what follows, and the model works harder.",
      balanced: "",
      "high-quality": "Masks see more of what follows; the sound comes later.",
    } satisfies Record<DelaySetting, string>,
    method: "Method",
    paced: (ms: string) =>
      `The server is busy and asks for a window every ${ms}: masks are older than usual until it has time again.`,
    tooSlow: (method: string, ms: string) =>
      `${method} takes ${ms} a window here, too long to be live: what you hear follows older masks. Choose a faster method or another engine, or use it on a file with “listenable explain”.`,
    shortcuts: "Keys A, B and C (or 1, 2 and 3) switch what you hear",
    howLong: "How long it takes",
    notYet:
      "Measured while it runs: the delay and its parts, the model's speed, and masks that came too late.",
    heardAfter: (ms: string) => `Each sound is heard ${ms} after it came in`,
    parts: "Parts of the delay",
    modelTypical: "Model, typical",
    maskTypical: "Mask, typical",
    maskSlowest: "Mask, slowest 1 %",
    missed:
      "When a mask comes too late, the one before is held. If it happens often, close other tabs, allow more delay or let another engine work.",
  },

  latency: {
    window: "Analysis window",
    lookAhead: "Look-ahead",
    stride: "Stride",
    engine: "Engine allowance",
    device: "Sound device",
  },

  figures: {
    rate: "Windows a second",
    skipped: "Windows skipped",
    restarts: "Model listened anew",
    missed: "Missed deadlines",
    late: "Masks held shortly",
  },

  diagnostics: {
    title: "Diagnostics",
    delay: "Delay",
    setting: "Setting",
    engine: "Engine",
    worksOn: "Works on",
    places: { local: "this device", remote: "the server" },
    maskTypical: "Window to mask, typical",
    maskSlowest: "Window to mask, slowest 1 %",
    modelTypical: "Model alone, typical",
    paced: "Between two windows, as the engine asks",
    browser: "Sound and browser",
    deviceRate: "Device rate",
    baseLatency: "Base latency",
    outputLatency: "Output latency",
    audio: "Audio",
    sharedMemory: "Shared memory",
    isolated: "Isolated page",
    version: "Version",
    model: "Model",
    yes: "yes",
    no: "no",
    notInUse: "not in use",
    happened: "What happened",
    nothing: "Nothing yet.",
    copy: "Copy as JSON",
    copyHint: "For a bug report: no sound and no device names in it.",
    copied: "Copied.",
    noClipboard: "This browser gives no clipboard here; copy the text below.",
    report: "Report",
    times: (count: number) => `(${count} ${plural(count, "time", "times")})`,
  },

  privacy: {
    phases:
      "On this device only: this model hears the waveform and needs the phases of the sound, and those are never sent to a server.",
    server:
      "On this device only: the server of this page explains nothing, so nothing you play or say is sent to it.",
    remote: `On the server, which gets ${SENT}.`,
    local: "On this device: once the model is loaded, nothing is sent to anybody.",
    localNow: "On this device now.",
    auto: `Automatic takes what keeps up, this device or the server. A server gets ${SENT}.`,
  },

  going: {
    device: "The sound stays on this device.",
    either: (server: string) =>
      `Automatic: ${server} is measured and may take over. It gets spectra, never the sound itself.`,
    server: (server: string) => `Spectra of the sound go to ${server}, never the sound itself.`,
  },

  automatic: {
    question: (server: string) =>
      `May Automatic measure ${server}, and use it where it is faster? It is sent windows of noise first and then, again and again, of what is listened to: ${SENT}. Until you agree, everything stays on this device.`,
    agree: "I agree",
    decline: "Stay on this device",
    agreed: "You agreed to this, and this browser remembers it.",
    takeBack: "Take it back",
  },

  problem: {
    detail: "Technical detail",
    compatible: "Or go on with a page that processes the sound on its main thread; there it may stutter.",
    openCompatible: "Open the compatible page",
  },
};
