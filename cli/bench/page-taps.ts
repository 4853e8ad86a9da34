/**
 * Listens in on a page from outside: what its microphone gives and what it plays, sample by sample in one clock.
 * The function below is handed to the browser as text, so it may use nothing from outside itself.
 */

/** What the taps leave in the page as `window.listenableTaps`. */
export interface PageTaps {
  /** Every track that getUserMedia gave, to see whether it was stopped. */
  readonly tracks: MediaStreamTrack[];
  /** Violations of the content policy. */
  readonly violations: string[];
  /** Of the newest audio context; 0 before there is one. */
  sampleRate: number;
  /** Records from now on. */
  record(): void;
  /** Seconds recorded so far. */
  seconds(): number;
  /** Ends the recording: microphone and output as base64 of 32-bit floats. */
  take(): { microphone: string; output: string };
}

declare global {
  interface Window {
    listenableTaps: PageTaps;
  }
}

export function installPageTaps(): void {
  const CHUNK = 4096;
  const recorded = { on: false, microphone: [] as Float32Array[], output: [] as Float32Array[] };
  const base64 = (chunks: readonly Float32Array[]) => {
    let text = "";
    for (const chunk of chunks) {
      const bytes = new Uint8Array(chunk.buffer);
      for (let at = 0; at < bytes.length; at += CHUNK)
        text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
    }
    return btoa(text);
  };
  const taps: PageTaps = {
    tracks: [],
    violations: [],
    sampleRate: 0,
    record() {
      recorded.microphone = [];
      recorded.output = [];
      recorded.on = true;
    },
    seconds: () => (recorded.output.length * CHUNK) / Math.max(1, taps.sampleRate),
    take() {
      recorded.on = false;
      return { microphone: base64(recorded.microphone), output: base64(recorded.output) };
    },
  };
  window.listenableTaps = taps;

  document.addEventListener("securitypolicyviolation", (event) => {
    taps.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
  });

  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      taps.tracks.push(...stream.getTracks());
      return stream;
    };
  }

  // Whatever is connected to the loudspeaker, and every microphone's node, is connected to a recorder as well.
  const connect = AudioNode.prototype.connect as (
    this: AudioNode,
    to: AudioNode,
    out?: number,
    into?: number,
  ) => AudioNode;
  const recorders = new WeakMap<BaseAudioContext, ChannelMergerNode>();
  const recorderOf = (context: BaseAudioContext) => {
    const existing = recorders.get(context);
    if (existing) return existing;
    const merger = context.createChannelMerger(2);
    // A script processor needs no module of its own, which the page's content policy would not allow.
    const script = context.createScriptProcessor(CHUNK, 2, 1);
    script.onaudioprocess = ({ inputBuffer }) => {
      if (!recorded.on) return;
      recorded.microphone.push(inputBuffer.getChannelData(0).slice());
      recorded.output.push(inputBuffer.getChannelData(1).slice());
    };
    connect.call(merger, script);
    connect.call(script, context.destination);
    recorders.set(context, merger);
    taps.sampleRate = context.sampleRate;
    return merger;
  };
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (this.context instanceof AudioContext) {
      if (to instanceof AudioDestinationNode) connect.call(this, recorderOf(this.context), 0, 1);
      if (this instanceof MediaStreamAudioSourceNode) connect.call(this, recorderOf(this.context), 0, 0);
    }
    return connect.call(this, to, ...rest);
  } as AudioNode["connect"];
}
