/** The losses of a training run over its steps, as a picture. */
import { readFile } from "node:fs/promises";
import { tickStep } from "../../models/picture/axis.ts";
import { Canvas, type Colour } from "../../models/picture/canvas.ts";
import type { StepRecord } from "./run-log.ts";

const WIDTH = 900;
const PANEL_HEIGHT = 180;
const LEFT = 80;
const RIGHT = 24;
const TOP = 48;
const GAP = 44;
const PAPER: Colour = [255, 255, 255];
const INK: Colour = [40, 44, 52];
const GRID: Colour = [226, 229, 235];
const LINE: Colour = [38, 98, 180];

/** One panel for every logged value, one below the other; reads the run's `log.jsonl`. */
export async function curvePicture(logPath: string, title: string): Promise<Uint8Array> {
  const lines = (await readFile(logPath, "utf8")).trim().split("\n");
  // A resumed run repeats the steps since its checkpoint: the last record of a step counts.
  const bySteps = new Map(
    lines.map((line) => JSON.parse(line) as StepRecord).map((record) => [record.step, record]),
  );
  const records = [...bySteps.values()].sort((a, b) => a.step - b.step);
  const names = Object.keys(records[0]?.values ?? {});
  const canvas = new Canvas(WIDTH, TOP + names.length * (PANEL_HEIGHT + GAP), PAPER);
  canvas.text(LEFT, 12, `${title}: ${records.at(-1)?.step ?? 0} steps`, INK, { face: "title" });
  for (const [index, name] of names.entries()) {
    const points = records.map(({ step, values }) => ({ x: step, y: values[name] }));
    panel(canvas, TOP + index * (PANEL_HEIGHT + GAP), name, points);
  }
  return canvas.png();
}

function panel(canvas: Canvas, top: number, name: string, points: readonly { x: number; y: number }[]): void {
  const width = WIDTH - LEFT - RIGHT;
  const lastStep = Math.max(1, points.at(-1)?.x ?? 1);
  const low = Math.min(...points.map(({ y }) => y));
  const high = Math.max(...points.map(({ y }) => y));
  const range = high - low || Math.abs(high) || 1;
  const xOf = (x: number) => LEFT + Math.round((x / lastStep) * (width - 1));
  const yOf = (y: number) => top + PANEL_HEIGHT - 1 - Math.round(((y - low) / range) * (PANEL_HEIGHT - 1));

  const step = tickStep(range, 5);
  for (let value = Math.ceil(low / step) * step; value <= low + range; value += step) {
    canvas.fill(LEFT, yOf(value), width, 1, GRID);
    canvas.text(LEFT - 8, yOf(value) - 9, Number(value.toPrecision(6)).toString(), INK, { align: "right" });
  }
  const stepStep = tickStep(lastStep, 8);
  for (let value = 0; value <= lastStep; value += stepStep) {
    canvas.fill(xOf(value), top, 1, PANEL_HEIGHT, GRID);
    canvas.text(xOf(value), top + PANEL_HEIGHT + 4, String(value), INK, { align: "centre" });
  }
  for (let i = 1; i < points.length; i++)
    line(canvas, xOf(points[i - 1].x), yOf(points[i - 1].y), xOf(points[i].x), yOf(points[i].y));
  canvas.text(LEFT + 8, top + 4, name, INK);
}

function line(canvas: Canvas, x0: number, y0: number, x1: number, y1: number): void {
  const count = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
  for (let i = 0; i <= count; i++) {
    const x = Math.round(x0 + ((x1 - x0) * i) / count);
    const y = Math.round(y0 + ((y1 - y0) * i) / count);
    canvas.set(x, y, LINE);
    canvas.blend(x, y + 1, LINE, 0.6);
  }
}
