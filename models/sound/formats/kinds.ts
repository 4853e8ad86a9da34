/** Tells by its bytes what kind of sound file it is, and where the sound stands in it: names lie, bytes don't. */
import { type ByteSource, whatIsThis } from "../../../dsp/index.ts";
import { latin, partOf } from "./bytes.ts";
import { findFrames } from "./mpeg-frames.ts";
import { withoutTags } from "./tags.ts";

/** Samples that stand in the file as they are, or nearly so. */
export type LayoutKind = "wav" | "aiff" | "caf" | "au";
/** Sound whose decoder takes the file's bytes. */
export type StreamKind = "mp3" | "aac" | "flac" | "opus" | "vorbis" | "oggflac" | "wma";
/** Files that hold packets. */
export type ContainerKind = "m4a" | "webm";

/** Sound that only ffmpeg decodes: what people call it, and ffmpeg's own name of it. */
export interface Foreign {
  readonly what: string;
  /** Without it, ffmpeg does not decode it either, and something else is the way out. */
  readonly ffmpeg?: string;
  readonly instead?: string;
}

const LAYOUTS: readonly string[] = ["wav", "aiff", "caf", "au"] satisfies LayoutKind[];

export function isLayoutKind(kind: string): kind is LayoutKind {
  return LAYOUTS.includes(kind);
}

export type SoundKind = LayoutKind | StreamKind | ContainerKind;

export interface FoundSound {
  readonly kind: SoundKind | Foreign;
  /** Bytes before and behind are tags, or the silence of a dump. */
  readonly from: number;
  readonly to: number;
}

/** How much of a beginning is looked at, and how far a tag of a wrong size is searched for the sound behind it. */
const LOOKED_AT = 4096;
const SEARCHED = 1 << 16;
/** A file that was made as large as it might become, and never written to, is not read to its end. */
const MOST_ZEROS = 1 << 24;

/** Undefined for what is not understood. */
export function findSound(source: ByteSource): FoundSound | undefined {
  const { from, to } = withoutTags(source);
  const sound = partOf(source, 0, to);
  const start = pastZeros(sound, from);
  const kind = kindAt(sound, start);
  if (kind !== undefined) return { kind, from: start, to };
  const frames = findFrames(sound, start);
  if (frames !== undefined) return { kind: frames.isFree ? FREE_FORMAT : frames.kind, from: frames.at, to };
  return from > 0 ? behindWrongTag(sound, to) : undefined;
}

/** A tag that claims another size than it has: the sound is somewhere behind its first bytes. */
function behindWrongTag(source: ByteSource, to: number): FoundSound | undefined {
  const text = latinOf(source.read(0, SEARCHED));
  for (const start of [
    "fLaC\0\0\0\x22",
    "OggS\0\x02",
    "RIFF????WAVEfmt ",
    "FORM????AIFFCOMM",
    "FORM????AIFCFVER",
  ]) {
    for (let at = text.indexOf(start.slice(0, 4)); at >= 0; at = text.indexOf(start.slice(0, 4), at + 1)) {
      const kind = fits(text.slice(at, at + 16), start) ? kindAt(source, at) : undefined;
      if (kind !== undefined) return { kind, from: at, to };
    }
  }
  const frames = findFrames(source, 10);
  return frames && { kind: frames.kind, from: frames.at, to };
}

/** Where the silence ends that a dump of a stream may begin with. */
function pastZeros(source: ByteSource, from: number): number {
  for (let at = from; at < Math.min(source.size, from + MOST_ZEROS); ) {
    const bytes = source.read(at, SEARCHED);
    if (bytes.length === 0) break;
    const first = bytes.findIndex((byte) => byte !== 0);
    if (first >= 0) return startOfMp4(source, at + first, from) ?? at + first;
    at += bytes.length;
  }
  return from;
}

/** An MP4 begins with the upper bytes of a size, which are zeros too. */
function startOfMp4(source: ByteSource, first: number, from: number): number | undefined {
  for (let start = Math.max(from, first - 3); start < first; start++) {
    if (kindAt(source, start) === "m4a") return start;
  }
  return undefined;
}

const foreign = (what: string, ffmpeg: string): Foreign => ({ what, ffmpeg });

/** ffmpeg refuses it, and mpg123 as a library makes noise of its lower rates. */
const FREE_FORMAT: Foreign = {
  what: "MP3 in free format",
  instead: "make a WAV of it: lame --decode INPUT OUTPUT.wav",
};

/** The first whose bytes the file begins with; "?" is any byte. */
const RULES: readonly (readonly [start: string, kind: SoundKind | Foreign])[] = [
  ["RIFF????WAVE", "wav"],
  ["RIFX????WAVE", "wav"],
  ["RF64????WAVE", "wav"],
  ["BW64????WAVE", "wav"],
  ["riff\x2e\x91\xcf\x11????????????????wave\xf3\xac\xd3\x11", "wav"],
  ["FORM????AIFF", "aiff"],
  ["FORM????AIFC", "aiff"],
  ["caff\0\x01", "caf"],
  [".snd", "au"],
  ["dns.", "au"],
  ["fLaC", "flac"],
  ["????ftyp", "m4a"],
  ["????moov", "m4a"],
  ["????mdat", "m4a"],
  ["????wide", "m4a"],
  ["\x1a\x45\xdf\xa3", "webm"],
  ["\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wma"],
  ["RIFF????AVI ", foreign("an AVI video", "avi")],
  ["wvpk", foreign("WavPack", "wv")],
  ["TTA1", foreign("True Audio", "tta")],
  ["MAC ", foreign("Monkey's Audio", "ape")],
  ["MPCK", foreign("Musepack", "mpc8")],
  ["MP+", foreign("Musepack", "mpc")],
  ["#!AMR", foreign("AMR", "amr")],
  ["DSD ", foreign("DSD", "dsf")],
  ["Creative Voice File\x1a", foreign("a Creative Voice file", "voc")],
  ["FORM????8SVX", foreign("an 8SVX file", "iff")],
  ["FLV\x01", foreign("a Flash video", "flv")],
  [".RMF", foreign("RealMedia", "rm")],
  ["NIST_1A\n", foreign("a NIST SPHERE file", "nistsphere")],
  [`G${"?".repeat(187)}`.repeat(3), foreign("an MPEG transport stream", "mpegts")],
];

function fits(text: string, pattern: string): boolean {
  if (text.length < pattern.length) return false;
  for (let n = 0; n < pattern.length; n++) {
    if (pattern[n] !== "?" && pattern[n] !== text[n]) return false;
  }
  return true;
}

function kindAt(source: ByteSource, at: number): SoundKind | Foreign | undefined {
  const start = latinOf(source.read(at, LOOKED_AT));
  if (start.startsWith("OggS")) return oggKind(start);
  return RULES.find(([pattern]) => fits(start, pattern))?.[1];
}

/** The first packets of all streams stand first, one a page. */
const OGG_STREAMS: readonly (readonly [start: string, kind: SoundKind | Foreign])[] = [
  ["OpusHead", "opus"],
  ["\x01vorbis", "vorbis"],
  ["\x7fFLAC", "oggflac"],
  ["Speex   ", foreign("Speex in Ogg", "ogg")],
];

function oggKind(start: string): SoundKind | Foreign {
  const streams: string[] = [];
  for (let at = 0; start.startsWith("OggS", at) && at + 27 < start.length; ) {
    if ((start.charCodeAt(at + 5) & 2) === 0) break;
    const body = at + 27 + start.charCodeAt(at + 26);
    let end = body;
    for (let n = at + 27; n < Math.min(body, start.length); n++) end += start.charCodeAt(n);
    streams.push(start.slice(body, end));
    at = end;
  }
  const known = OGG_STREAMS.find(([pattern]) => fits(streams[0] ?? "", pattern));
  // Our decoders of Ogg take a single stream; ffmpeg finds the sound among several.
  if (streams.length === 1 && known) return known[1];
  // A beginning that is cut off is left to the decoder, which says that there is no sound.
  if (streams.length === 0) return "vorbis";
  return foreign(streams.length > 1 ? "an Ogg file of several streams" : "an unknown kind of Ogg", "ogg");
}

const NOT_SOUND: readonly (readonly [start: string, what: string])[] = [
  ["\xff\xd8\xff", "a JPEG picture"],
  ["\x89PNG", "a PNG picture"],
  ["GIF8", "a GIF picture"],
  ["RIFF????WEBP", "a WebP picture"],
  ["%PDF", "a PDF document"],
  ["PK\x03\x04", "a ZIP archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["MThd", "a MIDI file, which holds notes and no sound"],
  ["#EXTM3U", "a playlist; open what it names"],
];

/** What is not understood, and what to do about it, for errors. */
export function whatElse(source: ByteSource): string {
  const start = latinOf(source.read(0, 64));
  const other = NOT_SOUND.find(([pattern]) => fits(start, pattern));
  if (other) return `it is ${other[1]}; give a sound file`;
  const { from } = withoutTags(source);
  if (from > 0 || (start[0] === "\xff" && start.charCodeAt(1) >= 0xe0)) {
    const what =
      from > 0 ? "no sound that is understood follows its tag" : "it looks like MP3 and holds none";
    return `${what}; if it is sound, convert it: ffmpeg -i INPUT OUTPUT.wav`;
  }
  return whatIsThis(source);
}

function latinOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += latin(bytes, at, Math.min(bytes.length, at + 8192));
  return text;
}
