/** Axes of a classifier's input: B batch, 1 or 3 channels, T time, F frequency, S samples. */
import type { Dimension, GraphBuilder, Shape, Tensor } from "../../models/graph/index.ts";

export const LAYOUTS = [
  ...(["B1TF", "B1FT", "BTF", "BFT", "BTF1", "BFT1", "B3TF", "B3FT", "BTF3", "BFT3"] as const),
  ...(["TF", "FT", "1TF", "1FT", "TF1", "FT1"] as const),
  ...(["BS", "B1S", "BS1", "S", "1S"] as const),
];
export type Layout = (typeof LAYOUTS)[number];

/** Sizes of one window: [time, bands], or [samples]. */
export type WindowSize = readonly number[];

/** Its axes with the sizes of a window in place; `batch` where it has one. */
export function shapeIn(layout: Layout, size: WindowSize, batch: Dimension): Dimension[] {
  const letters: Record<string, Dimension> = { B: batch, 1: 1, 3: 3, T: size[0]!, F: size[1]!, S: size[0]! };
  return [...layout].map((letter) => letters[letter]!);
}

export function hasBatch(layout: Layout): boolean {
  return layout.startsWith("B");
}

/** Whether frequency comes before time. */
export function isFrequencyFirst(layout: Layout): boolean {
  return layout.includes("FT");
}

/** Features as they come, [B, 1, T, bands] or [B, 1, samples], in the order of axes that the classifier takes. */
export function inLayout(g: GraphBuilder, x: Tensor, layout: Layout, size: WindowSize): Tensor {
  const turned = isFrequencyFirst(layout) ? g.transpose(x, [0, 1, 3, 2]) : x;
  const wanted = shapeIn(layout, size, -1) as number[];
  if (!layout.includes("3")) return g.reshape(turned, wanted);
  const copied = g.concat([turned, turned, turned], 1);
  return layout.endsWith("3") ? g.transpose(copied, [0, 2, 3, 1]) : copied;
}

/**
 * The layout that a shape is likely to have, for each order of time and frequency; undefined for none.
 *
 * @param batch whether the first axis is one.
 */
export function guessLayout(
  shape: Shape,
  { waveform, batch, bands }: { waveform: boolean; batch: boolean; bands?: number },
): readonly Layout[] {
  const own = batch ? shape.slice(1) : shape;
  const first = batch ? "B" : "";
  const is = (size: Dimension | undefined, ...channels: number[]) => channels.includes(Number(size));
  const fitting = (names: readonly string[]) => names.map((name) => `${first}${name}`).filter(isLayout);
  if (waveform) {
    if (own.length === 1) return fitting(["S"]);
    if (own.length !== 2) return [];
    return fitting(is(own[0], 1) ? ["1S"] : is(own[1], 1) ? ["S1"] : []);
  }
  const among = (orders: readonly string[], at: number) => {
    const [a, b] = own.slice(at, at + 2);
    if (b === bands && a !== bands) return fitting(orders.slice(0, 1));
    if (a === bands && b !== bands) return fitting(orders.slice(1));
    return fitting(orders);
  };
  if (own.length === 2) return among(["TF", "FT"], 0);
  if (own.length !== 3) return [];
  // A size that is a name may be anything; channels come first by most people's habit.
  if (is(own[0], 1, 3) || typeof own[0] === "string") {
    const channels = is(own[0], 3) ? 3 : 1;
    return among([`${channels}TF`, `${channels}FT`], 1);
  }
  return is(own[2], 1, 3) ? among([`TF${own[2]}`, `FT${own[2]}`], 0) : [];
}

function isLayout(name: string): name is Layout {
  return (LAYOUTS as readonly string[]).includes(name);
}
