/** A small RGB picture: rectangles, blended pixels and text, written as PNG. */
import { inflateSync } from "node:zlib";
import { encode } from "fast-png";
import { LABEL_FACE, LETTERS, type PackedFace, TITLE_FACE } from "./label-font.ts";

/** Red, green and blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

interface Face {
  readonly height: number;
  readonly widths: readonly number[];
  /** Left edge of each letter in the strip. */
  readonly lefts: readonly number[];
  readonly stripWidth: number;
  /** Coverage 0 to 15, row-major [height, stripWidth]. */
  readonly coverage: Uint8Array;
}

const indexOfLetter = new Map([...LETTERS].map((letter, index) => [letter, index]));
const UNKNOWN = indexOfLetter.get("?") as number;

function unpack(packed: PackedFace): Face {
  const bytes = inflateSync(Buffer.from(packed.coverage, "base64"));
  const coverage = new Uint8Array(bytes.length * 2);
  bytes.forEach((byte, index) => {
    coverage[2 * index] = byte >> 4;
    coverage[2 * index + 1] = byte & 15;
  });
  let left = 0;
  const lefts = packed.widths.map((width) => {
    left += width;
    return left - width;
  });
  return { height: packed.height, widths: packed.widths, lefts, stripWidth: left, coverage };
}

const faces = { label: unpack(LABEL_FACE), title: unpack(TITLE_FACE) };
type FaceName = keyof typeof faces;

function letterIndices(text: string): number[] {
  return [...text].map((letter) => indexOfLetter.get(letter) ?? UNKNOWN);
}

/** Width in pixels of a line of text. */
export function textWidth(text: string, face: FaceName = "label"): number {
  return letterIndices(text).reduce((sum, index) => sum + faces[face].widths[index], 0);
}

/** The text, cut with an ellipsis where it would be wider than `limit` pixels. */
export function fitText(text: string, limit: number, face: FaceName = "label"): string {
  if (textWidth(text, face) <= limit) return text;
  const letters = [...text];
  while (letters.length > 0 && textWidth(`${letters.join("")}…`, face) > limit) letters.pop();
  return `${letters.join("")}…`;
}

export class Canvas {
  /** Row-major [height, width, 3]. */
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Colour,
  ) {
    this.pixels = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** Pixels outside the picture are left out. */
  set(x: number, y: number, colour: Colour): void {
    this.blend(x, y, colour, 1);
  }

  /** `share` of the colour, 0 to 1, over what is there. */
  blend(x: number, y: number, colour: Colour, share: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 3 * (y * this.width + x);
    for (let channel = 0; channel < 3; channel++) {
      const below = this.pixels[at + channel];
      this.pixels[at + channel] = Math.round(below + share * (colour[channel] - below));
    }
  }

  fill(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.set(column, row, colour);
    }
  }

  /** Draws a line of text with its top left corner, middle or right end at x. */
  text(
    x: number,
    y: number,
    text: string,
    colour: Colour,
    options: { readonly face?: FaceName; readonly align?: "left" | "centre" | "right" } = {},
  ): void {
    const face = faces[options.face ?? "label"];
    const width = textWidth(text, options.face);
    let left = Math.round(
      x - (options.align === "right" ? width : options.align === "centre" ? width / 2 : 0),
    );
    for (const index of letterIndices(text)) {
      for (let row = 0; row < face.height; row++) {
        for (let column = 0; column < face.widths[index]; column++) {
          const coverage = face.coverage[row * face.stripWidth + face.lefts[index] + column];
          if (coverage > 0) this.blend(left + column, y + row, colour, coverage / 15);
        }
      }
      left += face.widths[index];
    }
  }

  png(): Uint8Array {
    return encode({ width: this.width, height: this.height, data: this.pixels, channels: 3, depth: 8 });
  }
}
