/** Screenshots with spectrograms in them are noise to PNG's compression: 256 colours make them a third as large. */
import { decode, encode } from "fast-png";

const MOST = 256;
/** Colours kept as they are: the page's own surfaces and letters. */
const EXACT = 128;
/** The others share the cells of a grid, this wide. */
const CELL = 20;

type Colour = [number, number, number];

/** The PNG of an opaque picture again, with at most 256 colours. */
export function withFewColours(png: Uint8Array): Uint8Array {
  const { width, height, data, channels } = decode(png);
  const counts = new Map<number, number>();
  const words = new Uint32Array(width * height);
  for (let k = 0; k < words.length; k++) {
    const word = (data[k * channels] << 16) | (data[k * channels + 1] << 8) | data[k * channels + 2];
    words[k] = word;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const palette = paletteOf(counts);
  const places = new Map([...counts.keys()].map((word) => [word, nearest(palette, colourOf(word))]));
  const indices = Uint8Array.from(words, (word) => places.get(word) ?? 0);
  return encode({ width, height, data: indices, depth: 8, channels: 1, palette }, { zlib: { level: 9 } });
}

function paletteOf(counts: ReadonlyMap<number, number>): Colour[] {
  const common = [...counts].sort((a, b) => b[1] - a[1]);
  const palette = common.slice(0, EXACT).map(([word]) => colourOf(word));
  const cells = new Map<string, { sum: Colour; count: number }>();
  for (const [word, count] of common.slice(EXACT)) {
    const colour = colourOf(word);
    const name = colour.map((value) => Math.floor(value / CELL)).join(" ");
    const cell = cells.get(name) ?? { sum: [0, 0, 0], count: 0 };
    colour.forEach((value, k) => {
      cell.sum[k] += value * count;
    });
    cell.count += count;
    cells.set(name, cell);
  }
  const rest = [...cells.values()].sort((a, b) => b.count - a.count).slice(0, MOST - palette.length);
  return [
    ...palette,
    ...rest.map(({ sum, count }) => sum.map((value) => Math.round(value / count)) as Colour),
  ];
}

function nearest(palette: readonly Colour[], [red, green, blue]: Colour): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  palette.forEach(([r, g, b], k) => {
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < least) {
      least = distance;
      best = k;
    }
  });
  return best;
}

function colourOf(word: number): Colour {
  return [word >> 16, (word >> 8) & 255, word & 255];
}
