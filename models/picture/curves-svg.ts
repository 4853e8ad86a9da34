/** Curves over one axis as an SVG of plain shapes, readable on light and dark paper. */
import { tickStep } from "./axis.ts";

interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface CurvesOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 760;
const HEIGHT = 380;
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 120, 40, 52];
/** Told apart with any kind of colour vision, on white and on black. */
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];

export function curvesSvg({ title, x, y, curves }: CurvesOptions): string {
  const all = curves.flatMap(({ points }) => points);
  const horizontal = scale(
    all.map((point) => point.x),
    LEFT,
    WIDTH - RIGHT,
    8,
  );
  const vertical = scale(
    all.map((point) => point.y),
    HEIGHT - BOTTOM,
    TOP,
    6,
  );
  const ink = 'fill="#808080"';
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<text x="${LEFT}" y="20" ${ink} font-size="15">${escaped(title)}</text>`,
  ];
  for (const value of horizontal.ticks) {
    const at = horizontal.at(value);
    lines.push(`<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}" stroke="#80808040"/>`);
    lines.push(`<text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" ${ink}>${value}</text>`);
  }
  for (const value of vertical.ticks) {
    const at = vertical.at(value);
    lines.push(`<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#80808040"/>`);
    lines.push(`<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end" ${ink}>${value}</text>`);
  }
  lines.push(`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end" ${ink}>${escaped(x)}</text>`);
  lines.push(`<text x="${LEFT}" y="${TOP - 6}" ${ink}>${escaped(y)}</text>`);
  for (const [index, { name, points }] of curves.entries()) {
    const colour = COLOURS[index % COLOURS.length];
    const path = points.map((point) => `${horizontal.at(point.x)} ${vertical.at(point.y)}`).join("L");
    lines.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of points) {
      lines.push(
        `<circle cx="${horizontal.at(point.x)}" cy="${vertical.at(point.y)}" r="3" fill="${colour}"/>`,
      );
    }
    const row = TOP + 14 + 20 * index;
    lines.push(`<circle cx="${WIDTH - RIGHT + 16}" cy="${row - 4}" r="4" fill="${colour}"/>`);
    lines.push(`<text x="${WIDTH - RIGHT + 26}" y="${row}" ${ink}>${escaped(name)}</text>`);
  }
  return `${lines.join("\n")}\n</svg>\n`;
}

function scale(values: readonly number[], from: number, to: number, most: number) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const range = high - low || 1;
  const step = tickStep(range, most);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(high / step) * step || first + step;
  const ticks: number[] = [];
  for (let n = 0; first + n * step <= last + step / 2; n++)
    ticks.push(Number((first + n * step).toPrecision(8)));
  const at = (value: number) =>
    Number((from + ((value - first) / (last - first || 1)) * (to - from)).toFixed(1));
  return { ticks, at };
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
