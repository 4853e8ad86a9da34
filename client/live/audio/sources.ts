import { resample } from "../../../dsp/index.ts";
import type { Sounding, Source } from "../live-explainer.ts";
import { ProblemError } from "../problems.ts";
import type { Scope } from "../scope.ts";
import type { Told, VoiceProcessing } from "../told.ts";
import { Microphone } from "./microphone.ts";
import type { SoundSamples } from "./sound-file.ts";

/** A source that is ready to sound. */
export interface OpenSource {
  readonly name: string;
  readonly node: AudioNode;
  /** What a person should know of it. */
  readonly notices: readonly Told[];
  /** Begins to play; a microphone has begun already. */
  readonly begin: () => void;
}

interface SourceParts {
  readonly context: BaseAudioContext &
    Pick<AudioContext, "createMediaStreamSource" | "createMediaElementSource">;
  readonly scope: Scope;
  readonly getUserMedia: (constraints: MediaStreamConstraints) => Promise<MediaStream>;
  /** What is wrong with the source just now, null when it is over; and the same for the log, without a device's name. */
  readonly onTrouble: (notice: Told | null, event: Told) => void;
  /** The source has played to its end. */
  readonly onEnded: () => void;
  readonly onProblem: (problem: ProblemError) => void;
}

/** Longer files are played as they are decoded: a minute of stereo takes 23 MB at 48 kHz. */
const LONGEST_DECODED_SECONDS = 300;
/** Without a known duration, the file's own size tells. */
const LARGEST_DECODED_BYTES = 64 * 1024 * 1024;

/** Opens any source; rejects with a `ProblemError`. Everything that must be released is the scope's. */
export async function openSource(source: Source, parts: SourceParts): Promise<OpenSource> {
  switch (source.kind) {
    case "microphone":
      return openMicrophone(source.deviceId, parts);
    case "file":
      return openFile(source, parts);
    case "samples":
      return openSamples(source, parts);
    case "stream":
      return openStream(source, parts);
    case "node":
      return { name: source.name ?? "node", node: source.node, notices: [], begin: () => {} };
    default:
      return source satisfies never;
  }
}

export function sourceOf(sounding: Sounding): Source {
  if (sounding instanceof Blob) {
    const name = sounding instanceof File ? sounding.name : "sound";
    return { kind: "file", file: sounding, name };
  }
  if (sounding instanceof MediaStream) return { kind: "stream", stream: sounding };
  if (sounding instanceof AudioNode) return { kind: "node", node: sounding };
  return sounding;
}

function openStream(
  { stream, name = "stream" }: Source & { kind: "stream" },
  parts: SourceParts,
): OpenSource {
  const tracks = stream.getAudioTracks().filter(({ readyState }) => readyState === "live");
  if (tracks.length === 0)
    throw new ProblemError("file-empty", `${name} has no audio track that still sounds`);
  const { context, scope } = parts;
  for (const track of tracks) {
    scope.listen(track, "ended", () => {
      if (tracks.every(({ readyState }) => readyState === "ended")) parts.onEnded();
    });
  }
  const node = scope.own(context.createMediaStreamSource(stream), (each) => each.disconnect());
  return { name, node, notices: [], begin: () => {} };
}

/** What a browser may keep on although it was asked not to. */
const VOICE_PROCESSING: readonly VoiceProcessing[] = [
  "echoCancellation",
  "noiseSuppression",
  "autoGainControl",
];

async function openMicrophone(deviceId: string | undefined, parts: SourceParts): Promise<OpenSource> {
  const devices = globalThis.navigator?.mediaDevices ?? null;
  const microphone = new Microphone(deviceId, { ...parts, devices });
  const track = await microphone.open();
  return {
    name: track.label || "microphone",
    node: microphone.node,
    notices: voiceNotices(track.getSettings()),
    begin: () => {},
  };
}

function voiceNotices(granted: MediaTrackSettings): Told[] {
  return VOICE_PROCESSING.filter((what) => granted[what] === true).map((what) => ({
    code: "voice-processing",
    what,
  }));
}

async function openFile(
  { file, name, loop = false }: Source & { kind: "file" },
  parts: SourceParts,
): Promise<OpenSource> {
  const { context, scope } = parts;
  if (file.size === 0) throw new ProblemError("file-empty", `${name} has no content`);
  const element = scope.own(new Audio(), (each) => {
    each.pause();
    each.removeAttribute("src");
    each.load();
  });
  element.src = scope.own(URL.createObjectURL(file), URL.revokeObjectURL);
  const seconds = await durationOf(element, scope);
  scope.check();
  if (seconds > LONGEST_DECODED_SECONDS) return playElement(element, name, loop, parts);
  if (Number.isNaN(seconds) && file.size > LARGEST_DECODED_BYTES) {
    throw new ProblemError("file-unreadable", `${name}: not a kind of sound that this browser plays`);
  }
  let buffer: AudioBuffer;
  try {
    buffer = await decodedFile(file, name, context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const told = reason.startsWith(name) ? reason : `${name}: ${reason}`;
    throw new ProblemError("file-unreadable", told, { cause: error });
  }
  scope.check();
  return playBuffer(buffer, name, loop, parts);
}

async function decodedFile(file: Blob, name: string, context: BaseAudioContext): Promise<AudioBuffer> {
  const [bytes, { openSoundFile }] = await Promise.all([file.arrayBuffer(), import("./sound-file.ts")]);
  const sound = openSoundFile(new Uint8Array(bytes), name);
  return sound instanceof ArrayBuffer ? context.decodeAudioData(sound) : bufferOf(sound, context);
}

/** Seconds, infinite for streams without an end; NaN when the element can't read the file or takes too long. */
function durationOf(element: HTMLAudioElement, scope: Scope): Promise<number> {
  return new Promise((resolve) => {
    scope.listen(element, "loadedmetadata", () => resolve(element.duration));
    scope.listen(element, "error", () => resolve(Number.NaN));
    scope.timeout(() => resolve(Number.NaN), 3_000);
    scope.add(() => resolve(Number.NaN));
    element.preload = "metadata";
    element.load();
  });
}

function playElement(element: HTMLAudioElement, name: string, loop: boolean, parts: SourceParts): OpenSource {
  const { scope, context } = parts;
  element.loop = loop;
  const unreadable = (detail: string) =>
    parts.onProblem(new ProblemError("file-unreadable", `${name}: ${detail}`));
  scope.listen(element, "ended", parts.onEnded);
  scope.listen(element, "error", () => unreadable(element.error?.message ?? "it broke off"));
  const node = scope.own(context.createMediaElementSource(element), (each) => each.disconnect());
  const begin = () => {
    element.play().catch((error: unknown) => {
      if (!scope.closed) unreadable(String(error));
    });
  };
  return { name, node, notices: [], begin };
}

async function openSamples(
  { samples: promised, sampleRate, name, loop = false }: Source & { kind: "samples" },
  parts: SourceParts,
): Promise<OpenSource> {
  const samples = await promised;
  const { context, scope } = parts;
  scope.check();
  if (samples.length === 0) throw new ProblemError("file-empty", `${name} has no samples`);
  const buffer = bufferOf({ channels: [samples], sampleRate }, context);
  return playBuffer(buffer, name, loop, parts);
}

/** At the context's rate: a buffer of another would be converted by linear interpolation, which mirrors high notes into low ones. */
function bufferOf({ channels, sampleRate }: SoundSamples, context: BaseAudioContext): AudioBuffer {
  const rate = Math.round(context.sampleRate);
  const converted = channels.map((samples) => resample(samples, sampleRate, rate));
  const buffer = context.createBuffer(converted.length, converted[0].length, rate);
  for (const [c, samples] of converted.entries()) {
    buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, c);
  }
  return buffer;
}

function playBuffer(buffer: AudioBuffer, name: string, loop: boolean, parts: SourceParts): OpenSource {
  if (buffer.length === 0) throw new ProblemError("file-empty", `${name} has no samples`);
  const { scope, context } = parts;
  const node = scope.own(context.createBufferSource(), (each) => each.disconnect());
  node.buffer = buffer;
  node.loop = loop;
  scope.listen(node, "ended", parts.onEnded);
  const begin = () => {
    node.start();
    scope.add(() => node.stop());
  };
  return { name, node, notices: [], begin };
}
