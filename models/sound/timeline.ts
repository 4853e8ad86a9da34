/**
 * Packets on the clock of their container: where packets are missing, and before a sound that starts later than its file, there is
 * silence of that length, so that everything stays at its time.
 */
import { type EncodedPacket, EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import type { Decoded, PacketDecoder } from "./packets.ts";
import { silence } from "./silence.ts";

/** Packets decoded at a time: two to three seconds. */
const BATCH = 128;
/** Clocks of recorders are rounded and shake; what is missing less than this is none. Seconds. */
export const LEAST_GAP = 0.05;
/** A longer gap is a damaged number, or the clock of a stream that was cut out. */
const MOST_GAP = 3600;
export const MOST_START = 300;

/** The track's sound in order. */
export async function* trackPieces(
  track: InputAudioTrack,
  decoder: PacketDecoder,
  name: string,
  notes: string[],
): AsyncGenerator<Decoded> {
  const clock = new Clock(await track.getFirstTimestamp(), decoder.skip, name, notes);
  const decode = (batch: readonly EncodedPacket[]) => decoder.decode(batch.map((packet) => packet.data));
  try {
    let batch: EncodedPacket[] | undefined;
    for await (const next of batches(track, decoder)) {
      if (batch) yield* clock.placed(batch[0].timestamp, await decode(batch));
      batch = next;
    }
    if (batch === undefined) return;
    // An M4A says by its last packet's duration how much of it is sound; the rest is padding.
    const { duration } = batch[batch.length - 1];
    const decoded = withoutPadding(await decode(batch), duration, decoder.packetLength);
    yield* clock.placed(batch[0].timestamp, decoded);
  } finally {
    decoder.free();
  }
}

function withoutPadding({ channelData, sampleRate }: Decoded, duration: number, packetLength = 0): Decoded {
  const sound = Math.round(duration * sampleRate);
  const padding = sound > 0 ? Math.max(0, packetLength - sound) : 0;
  return {
    channelData: channelData.map((channel) => channel.subarray(0, Math.max(0, channel.length - padding))),
    sampleRate,
  };
}

/** Where on the file's clock the sound is that was given so far. */
class Clock {
  readonly #name: string;
  readonly #notes: string[];
  /** Seconds on the file's clock that are the sound's zero, but for what is skipped at its start. */
  #zero: number;
  /** Samples still to be skipped, and how many they were in all; NaN until the rate is known. */
  #skip = Number.NaN;
  #skipped = 0;
  /** Samples given. */
  #given = 0;
  /** What the decoder says to skip, and the seconds that the container's clock has before its zero. */
  readonly #priming: { readonly samples: number; readonly seconds: number };

  constructor(first: number, skip: number, name: string, notes: string[]) {
    this.#name = name;
    this.#notes = notes;
    this.#priming = { samples: skip, seconds: Math.max(0, -first) };
    this.#zero = Math.min(0, first);
    if (first <= MOST_START) return;
    this.#zero = first;
    notes.push(`${name} begins at ${Math.round(first)} s of its clock; it was read from there`);
  }

  /** What begins at that time of the file's clock, with silence in front of it where something is missing. */
  *placed(timestamp: number, { channelData, sampleRate }: Decoded): Generator<Decoded> {
    const length = channelData[0]?.length ?? 0;
    if (Number.isNaN(this.#skip)) {
      // An edit list may cut off more than the encoder's beginning.
      const { samples, seconds } = this.#priming;
      this.#skipped = Math.max(samples, Math.round(seconds * sampleRate));
      this.#skip = this.#skipped;
    }
    const skipped = Math.min(this.#skip, length);
    this.#skip -= skipped;
    if (skipped === length) return;
    const at = Math.round((timestamp - this.#zero) * sampleRate) + skipped - this.#skipped;
    const gap = at - this.#given;
    if (gap > MOST_GAP * sampleRate) {
      this.#notes.push(`${this.#name} has a gap of ${Math.round(gap / sampleRate)} s, which was left out`);
      this.#zero += gap / sampleRate;
    } else if (gap > LEAST_GAP * sampleRate) {
      yield* silence(gap, channelData.length, sampleRate);
      this.#given += gap;
    }
    this.#given += length - skipped;
    yield { channelData: channelData.map((channel) => channel.subarray(skipped)), sampleRate };
  }
}

/** Packets that follow one another without a gap. */
async function* batches(track: InputAudioTrack, decoder: PacketDecoder): AsyncGenerator<EncodedPacket[]> {
  let batch: EncodedPacket[] = [];
  let end = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    if (batch.length === BATCH || (batch.length > 0 && packet.timestamp > end + LEAST_GAP)) {
      yield batch;
      batch = [];
    }
    end = packet.timestamp + decoder.secondsIn(packet.data);
    batch.push(packet);
  }
  if (batch.length > 0) yield batch;
}
