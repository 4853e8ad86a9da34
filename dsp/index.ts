/** The public surface of dsp/: signal processing that runs anywhere and depends on nothing else in the tree. */
export {
  type ChannelChoice,
  type ChannelVerdict,
  channelNote,
  chosenChannel,
  parseChannelChoice,
} from "./channel-choice.ts";
export { ChannelMixer, type MonoOptions, MonoStream, mixDown } from "./channel-mixer.ts";
export { toMono } from "./channels.ts";
export { type FrameShape, hann } from "./frames.ts";
export { StreamingIstft } from "./istft.ts";
export { joined } from "./joined.ts";
export { hzToMel, type MelOptions, type MelScale, melFilterbank, melToHz } from "./mel.ts";
export { istft, resample, type Spectrogram, spectrogramMagnitudes, stft } from "./offline.ts";
export type { ByteSource } from "./pcm.ts";
export { StreamingResampler } from "./resample.ts";
export { RingBuffer, ringBufferStorage } from "./ring-buffer.ts";
export { applyMask, log1pGain, type Masking, magnitudes, phases } from "./spectrum.ts";
export { type FrameSink, StreamingStft } from "./stft.ts";
export {
  openWav,
  readWav,
  type Wav,
  WavError,
  type WavReader,
  whatIsThis,
  writeWav,
} from "./wav.ts";
