"""Writes models/picture/label-font.ts: the letters of the pictures' labels as anti-aliased bitmaps.

Source: DejaVu Sans, whose licence (Bitstream Vera and public domain) allows embedding.
Run: python test/reference/label_font.py   (needs: pillow, DejaVu Sans installed)
"""
import base64
import json
import pathlib
import zlib

from PIL import Image, ImageDraw, ImageFont

TEXT = "".join(map(chr, [*range(32, 127), *range(160, 256)])) + "–…≥≤"
FACES = {"label": ("DejaVuSans.ttf", 15), "title": ("DejaVuSans-Bold.ttf", 21)}


def face(file, size):
    font = ImageFont.truetype(file, size)
    ascent, descent = font.getmetrics()
    height = ascent + descent
    widths = [round(font.getlength(letter)) for letter in TEXT]
    strip = Image.new("L", (sum(widths), height), 0)
    x = 0
    for letter, width in zip(TEXT, widths):
        cell = Image.new("L", (width, height), 0)
        ImageDraw.Draw(cell).text((0, 0), letter, font=font, fill=255)
        strip.paste(cell, (x, 0))
        x += width
    levels = [value >> 4 for value in strip.tobytes()]
    levels += [0] * (len(levels) % 2)
    packed = bytes(a << 4 | b for a, b in zip(levels[::2], levels[1::2]))
    return height, ascent, widths, base64.b64encode(zlib.compress(packed, 9)).decode()


lines = [
    "// Made by test/reference/label_font.py from DejaVu Sans; do not edit.",
    "",
    "/** Letters side by side in one strip, row-major, two 4-bit coverages a byte, deflated, base64. */",
    "export interface PackedFace {",
    "  readonly height: number;",
    "  readonly ascent: number;",
    "  readonly widths: readonly number[];",
    "  readonly coverage: string;",
    "}",
    "",
    "/** The letters in the order of the widths. */",
    "export const LETTERS =",
    f"  {json.dumps(TEXT)};",
    "",
]
for name, (file, size) in FACES.items():
    height, ascent, widths, coverage = face(file, size)
    lines += [
        f"export const {name.upper()}_FACE: PackedFace = {{",
        f"  height: {height},",
        f"  ascent: {ascent},",
        "  // biome-ignore format: numbers read better in rows",
        f"  widths: {widths},",
        "  coverage:",
        f'    "{coverage}",',
        "};",
        "",
    ]
target = pathlib.Path(__file__).parents[2] / "cli" / "picture" / "label-font.ts"
target.write_text("\n".join(lines))
print(target, len("\n".join(lines)), "bytes")
