// What we use of the package. Its own declarations bring the whole DOM with them, so that a `document` in the server
// would pass the check.

interface DecodedSound {
  readonly length: number;
  readonly numberOfChannels: number;
  copyFromChannel(destination: Float32Array, channel: number, from: number): void;
}

export declare class OfflineAudioContext {
  constructor(channels: number, length: number, sampleRate: number);
  decodeAudioData(file: ArrayBuffer): Promise<DecodedSound>;
}
