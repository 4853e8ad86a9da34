/**
 * The picture of an explanation: the recording's spectrogram; the same with everything greyed that the mask takes
 * away; and what the classifier said of each moment. All three share the time axis.
 */
import { timeAxis } from "./axis.ts";
import { Canvas, type Colour, fitText } from "./canvas.ts";
import { magma } from "./magma.ts";
import type { SpectrogramColumns } from "./spectrogram-columns.ts";

interface PictureContent {
  /** "dog · 93 %". */
  readonly title: string;
  /** The recording, the method, the pack. */
  readonly subtitle: string;
  readonly columns: SpectrogramColumns;
  /** Of the frames, in Hz. */
  readonly sampleRate: number;
  readonly stft: { readonly window: number; readonly hop: number };
  /** Seconds of the recording. */
  readonly duration: number;
  /** The most probable classes, with their probability at each of equally long steps of the recording; NaN in silence. */
  readonly classes: readonly { readonly label: string; readonly overTime: Float32Array }[];
}

const BACKGROUND: Colour = [17, 19, 24];
const INK: Colour = [229, 231, 235];
const FAINT: Colour = [148, 154, 166];
const LINE: Colour = [58, 63, 74];
const BAR: Colour = [252, 180, 90];

const PLOT_WIDTH = 1000;
const LEFT = 112;
const RIGHT = 84;
const TOP = 66;
const PANEL_GAP = 44;
const ROW = 24;
const BOTTOM = 56;
/** Decibels from the brightest to the darkest colour. */
const SPAN_DB = 70;
/** The top of the scale is at least 50 dB below a full-scale sine, whose |X| is 128: silence must look dark. */
const QUIETEST_POWER = (128 * 10 ** (-50 / 20)) ** 2;
const LEVELS = 256;

export function spectrogramPicture(content: PictureContent): Uint8Array {
  const { columns } = content;
  const panelHeight = columns.bins;
  const rowsHeight = Math.max(1, content.classes.length) * ROW;
  const second = TOP + 24 + panelHeight + PANEL_GAP;
  const rowsTop = second + panelHeight + PANEL_GAP;
  const canvas = new Canvas(LEFT + PLOT_WIDTH + RIGHT, rowsTop + rowsHeight + BOTTOM, BACKGROUND);

  canvas.text(LEFT, 12, fitText(content.title, PLOT_WIDTH, "title"), INK, { face: "title" });
  canvas.text(LEFT, 40, fitText(content.subtitle, PLOT_WIDTH), FAINT);
  const first = TOP + 24;
  heading(canvas, first, "The recording");
  heading(canvas, second, "What the classifier went by, in colour; the rest in grey");
  heading(canvas, rowsTop, "What it heard");

  drawPanels(canvas, content, first, second);
  for (const top of [first, second]) frequencyAxis(canvas, content, top, panelHeight);
  levelScale(canvas, first, panelHeight);
  drawClasses(canvas, content, rowsTop);
  drawTimeAxis(canvas, content, [first + panelHeight, second + panelHeight, rowsTop + rowsHeight]);
  return canvas.png();
}

function heading(canvas: Canvas, top: number, text: string): void {
  canvas.text(LEFT, top - 21, text, INK);
}

function drawPanels(canvas: Canvas, content: PictureContent, first: number, second: number): void {
  const { columns } = content;
  const { bins } = columns;
  let loudest = QUIETEST_POWER;
  for (let index = 0; index < columns.count; index++) {
    for (const power of columns.column(index).power) loudest = Math.max(loudest, power);
  }
  for (let x = 0; x < PLOT_WIDTH; x++) {
    const { power, mask } = meanOfColumns(content, x);
    for (let bin = 0; bin < bins; bin++) {
      const decibels = 10 * Math.log10(power[bin] / loudest);
      const level = Math.max(0, Math.min(LEVELS - 1, Math.round((1 + decibels / SPAN_DB) * (LEVELS - 1))));
      const y = bins - 1 - bin;
      canvas.set(LEFT + x, first + y, COLOURS[level]);
      canvas.set(LEFT + x, second + y, GREYS[level]);
      canvas.blend(LEFT + x, second + y, COLOURS[level], mask[bin]);
    }
  }
}

/** The columns that fall on pixel x: one of them, or the mean of several. */
function meanOfColumns(content: PictureContent, x: number): { power: Float32Array; mask: Float32Array } {
  const { columns, sampleRate, stft, duration } = content;
  // Frame k has its middle at sample (k + 1) * hop - window / 2.
  const columnAt = (pixel: number) => {
    const sample = (pixel / PLOT_WIDTH) * duration * sampleRate;
    const frame = (sample + stft.window / 2) / stft.hop - 0.5;
    return Math.max(0, Math.min(columns.count - 1, Math.floor(frame / columns.framesPerColumn)));
  };
  const from = columnAt(x);
  const to = Math.max(from + 1, columnAt(x + 1));
  const mean = { power: new Float32Array(columns.bins), mask: new Float32Array(columns.bins) };
  for (let index = from; index < to; index++) {
    const { power, mask } = columns.column(index);
    for (let bin = 0; bin < columns.bins; bin++) {
      mean.power[bin] += power[bin] / (to - from);
      mean.mask[bin] += mask[bin] / (to - from);
    }
  }
  return mean;
}

function frequencyAxis(canvas: Canvas, { sampleRate }: PictureContent, top: number, height: number): void {
  const highest = sampleRate / 2000;
  for (let kilohertz = 0; kilohertz <= highest; kilohertz += 2) {
    const y = Math.round(top + height - 1 - (kilohertz / highest) * (height - 1));
    canvas.fill(LEFT - 5, y, 5, 1, FAINT);
    canvas.text(LEFT - 10, y - 9, kilohertz === highest ? `${kilohertz} kHz` : `${kilohertz}`, FAINT, {
      align: "right",
    });
  }
}

function levelScale(canvas: Canvas, top: number, height: number): void {
  const left = LEFT + PLOT_WIDTH + 14;
  for (let y = 0; y < height; y++) {
    canvas.fill(left, top + y, 10, 1, COLOURS[Math.round((1 - y / (height - 1)) * (LEVELS - 1))]);
  }
  for (let decibels = 0; decibels >= -SPAN_DB; decibels -= 20) {
    const y = Math.round(top + (-decibels / SPAN_DB) * (height - 1));
    canvas.text(left + 15, y - 9, decibels === 0 ? "0 dB" : `${decibels}`.replace("-", "–"), FAINT);
  }
}

function drawClasses(canvas: Canvas, { classes }: PictureContent, top: number): void {
  if (classes.length === 0) canvas.text(LEFT, top + 3, "Nothing: the recording is silent.", FAINT);
  classes.forEach(({ label, overTime }, row) => {
    const y = top + row * ROW;
    canvas.text(LEFT - 10, y + 1, fitText(label, LEFT - 20), row === 0 ? INK : FAINT, { align: "right" });
    for (let x = 0; x < PLOT_WIDTH; x++) {
      const probability = overTime[Math.floor((x * overTime.length) / PLOT_WIDTH)];
      canvas.fill(LEFT + x, y, 1, ROW - 4, LINE);
      if (Number.isNaN(probability)) canvas.fill(LEFT + x, y, 1, ROW - 4, BACKGROUND);
      const filled = Math.round((probability || 0) * (ROW - 4));
      canvas.fill(LEFT + x, y + ROW - 4 - filled, 1, filled, row === 0 ? BAR : FAINT);
    }
  });
}

function drawTimeAxis(canvas: Canvas, { duration }: PictureContent, bottoms: readonly number[]): void {
  const { unit, ticks } = timeAxis(duration, 12);
  for (const { seconds, label } of ticks) {
    const x = LEFT + Math.min(PLOT_WIDTH - 1, Math.round((seconds / duration) * PLOT_WIDTH));
    for (const bottom of bottoms) canvas.fill(x, bottom, 1, 5, FAINT);
    canvas.text(x, bottoms[bottoms.length - 1] + 8, label, FAINT, { align: "centre" });
  }
  const perPixel = duration / PLOT_WIDTH;
  const scale =
    perPixel < 1 ? `${Number((perPixel * 1000).toPrecision(2))} ms` : `${Number(perPixel.toPrecision(2))} s`;
  const note = `time in ${unit === "s" ? "seconds" : "minutes"} · a pixel is ${scale} wide`;
  canvas.text(LEFT + PLOT_WIDTH, bottoms[bottoms.length - 1] + 28, note, FAINT, { align: "right" });
}

const COLOURS = Array.from({ length: LEVELS }, (_, level) => magma(level / (LEVELS - 1)));
/** The same order of brightness without colour, dimmed, so that colour alone shows the mask. */
const GREYS = COLOURS.map(([red, green, blue]): Colour => {
  const grey = Math.round(20 + 0.4 * (0.2126 * red + 0.7152 * green + 0.0722 * blue));
  return [grey, grey, grey + 5];
});
