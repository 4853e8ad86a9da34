/** The picture of a span with its axes, for a file: one plot for each version, on one time axis. */

import { kilohertz } from "../../../kit/format.ts";
import { frequencyTicks } from "../../../kit/spectrogram/axis.ts";
import type { Moment } from "../../../live/live-explainer.ts";
import type { SampleSpan } from "../version.ts";
import { type MomentDrawing, momentRows } from "./moment-drawing.ts";
import { secondTicks } from "./time.ts";

export interface ImagePlot {
  readonly title: string;
  /** From `MomentDrawing.draw`. */
  readonly layer: HTMLCanvasElement;
}

/** Of a picture in a file of its own, and of one on a page that says in words what it shows. */
const FILE_WIDTH = 1_280;
const PAGE_WIDTH = 800;
const LEFT = 64;
const RIGHT = 24;
const TITLE = 76;
const HEADING = 34;
const GAP = 18;
const BOTTOM = 52;
const PAPER = "#131118";
const INK = "#edeaf2";
const SOFT = "#aaa3b8";
const FONT = 'system-ui, "Liberation Sans", Arial, sans-serif';

/** Where the plot lies in the width of an image without words, in percent. */
export const plotEdges = {
  left: (100 * LEFT) / PAGE_WIDTH,
  right: 100 - (100 * RIGHT) / PAGE_WIDTH,
} as const;

export function momentImage(
  moment: Moment,
  drawing: MomentDrawing,
  span: SampleSpan,
  words: { readonly title: string; readonly subtitle: string } | null,
  plots: readonly ImagePlot[],
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const above = words ? TITLE : 0;
  canvas.width = words ? FILE_WIDTH : PAGE_WIDTH;
  canvas.height = above + plots.length * (HEADING + momentRows + GAP) + BOTTOM - GAP;
  const context = canvas.getContext("2d")!;
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (words) {
    text(context, words.title, LEFT, 40, { size: 26, weight: 650 });
    text(context, words.subtitle, LEFT, 64, { colour: SOFT });
  }
  plots.forEach((plot, k) => {
    const top = above + k * (HEADING + momentRows + GAP) + HEADING;
    if (words) text(context, plot.title, LEFT, top - 10, {});
    drawPlot(context, moment, drawing, span, plot.layer, top);
  });
  drawTime(context, moment, span, canvas.height - BOTTOM);
  return canvas;
}

function drawPlot(
  context: CanvasRenderingContext2D,
  { hop }: Moment,
  { axis }: MomentDrawing,
  { from, to }: SampleSpan,
  layer: HTMLCanvasElement,
  top: number,
): void {
  const width = context.canvas.width - LEFT - RIGHT;
  context.drawImage(layer, from / hop, 0, (to - from) / hop, momentRows, LEFT, top, width, momentRows);
  for (const hz of frequencyTicks(axis)) {
    const y = top + axis.fromTop(hz) * momentRows;
    context.fillStyle = SOFT;
    context.fillRect(LEFT - 6, y, 5, 1);
    text(context, kilohertz(hz), LEFT - 10, Math.max(top + 10, y + 5), { colour: SOFT, align: "right" });
  }
  text(context, "kHz", LEFT - 10, top - 10, { colour: SOFT, align: "right" });
}

function drawTime(
  context: CanvasRenderingContext2D,
  { sampleRate }: Moment,
  { from, to }: SampleSpan,
  bottom: number,
): void {
  const seconds = (to - from) / sampleRate;
  for (const t of secondTicks(seconds)) {
    const x = LEFT + (t / seconds) * (context.canvas.width - LEFT - RIGHT);
    context.fillStyle = SOFT;
    context.fillRect(x, bottom + 2, 1, 6);
    text(context, `${t} s`, x, bottom + 26, { colour: SOFT, align: t === 0 ? "left" : "center" });
  }
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly align?: CanvasTextAlign;
}

function text(
  context: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  { size = 15, weight = 400, colour = INK, align = "left" }: TextStyle,
): void {
  context.font = `${weight} ${size}px ${FONT}`;
  context.fillStyle = colour;
  context.textAlign = align;
  context.fillText(words, x, y, context.canvas.width - LEFT - RIGHT);
}
