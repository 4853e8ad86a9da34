/** µ-law (ITU-T G.711): 8 bits a sample at 38 dB of signal to noise, whatever the level. */

const BIAS = 0x84;
const CLIP = 32635;

/** Full scale at 1; what exceeds it is clipped. */
export function encodeMuLaw(samples: Float32Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const sign = sample < 0 ? 0x80 : 0;
    const magnitude = Math.min(CLIP, Math.round(Math.abs(sample) * 32767)) + BIAS;
    const exponent = 31 - Math.clz32(magnitude) - 7;
    const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    return ~(sign | (exponent << 4) | mantissa) & 0xff;
  });
}

/** The samples, full scale at 1. */
export function decodeMuLaw(codes: Uint8Array): Float32Array {
  return Float32Array.from(codes, (byte) => {
    const code = ~byte & 0xff;
    const magnitude = (((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7);
    return ((code & 0x80 ? -1 : 1) * (magnitude - BIAS)) / 32767;
  });
}
