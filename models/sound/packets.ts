/** What the decoders of this folder give and take. */

/** A part of a sound. */
export interface Decoded {
  /** One array per channel, all of the same length; none or empty ones where there is no sound yet. */
  readonly channelData: Float32Array[];
  /** In Hz. */
  readonly sampleRate: number;
}

/** Turns packets, given in order, into samples. */
export interface PacketDecoder {
  /** Samples to leave out at the start: what the encoder put before the sound. */
  readonly skip: number;
  /** Samples per channel of every packet, where they are all alike. */
  readonly packetLength?: number;
  /** How long the sound of a packet is, without decoding it. */
  secondsIn(packet: Uint8Array): number;
  decode(packets: readonly Uint8Array[]): Decoded | Promise<Decoded>;
  free(): void;
}

/** The bytes of a buffer or of a view of one. */
export function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
