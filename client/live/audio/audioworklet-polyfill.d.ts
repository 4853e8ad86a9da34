/** Has no exports: it defines AudioWorkletNode and AudioContext.prototype.audioWorklet where they are missing. */
declare module "audioworklet-polyfill";
