/** IEEE 754 half precision, by bit operations one way and by table the other. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of the half-precision number nearest to `value`, ties to even; from 65520 on infinity, NaN stays NaN. */
export function toFloat16(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = bits[0] & 0x7fffffff;
  if (size >= 0x47800000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (size < 0x38800000) {
    // Below 2^-14 halves are whole multiples of 2^-24, which is the last bit of single-precision numbers near
    // 0.5: adding 0.5 lets the hardware round.
    bits[0] = size;
    float[0] += 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  const odd = (size >>> 13) & 1;
  return sign | ((size - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The number that 16 bits stand for. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
