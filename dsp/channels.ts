/**
 * Plain mean of all channels, for sounds that are known to mix; `mixDown` looks at them first. A new array; a single channel is returned as it is. Throws when there is none.
 */
export function toMono(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 0) throw new RangeError("no channel to make mono of");
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0].length);
  for (let n = 0; n < mono.length; n++) {
    let sum = 0;
    for (const channel of channels) sum += channel[n];
    mono[n] = sum / channels.length;
  }
  return mono;
}
