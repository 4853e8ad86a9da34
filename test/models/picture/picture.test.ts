import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tickStep, timeAxis } from "../../../models/picture/axis.ts";
import { Canvas, fitText, textWidth } from "../../../models/picture/canvas.ts";
import { SpectrogramColumns } from "../../../models/picture/spectrogram-columns.ts";
import { spectrogramPicture } from "../../../models/picture/spectrogram-picture.ts";

test("axis steps are round and few", () => {
  assert.is(tickStep(5, 10), 0.5);
  assert.is(tickStep(1, 10), 0.1);
  assert.is(tickStep(100, 7), 20);
  for (const range of [0.013, 0.1, 3, 59, 3600, 18000]) {
    const count = range / tickStep(range, 12);
    assert.ok(count <= 12 && count > 2, `${range}: ${count}`);
  }
});

test("time is in seconds, or minutes for long recordings", () => {
  const short = timeAxis(0.1, 12);
  assert.is(short.unit, "s");
  assert.equal(short.ticks[1], { seconds: 0.01, label: "0.01" });
  const long = timeAxis(3600, 12);
  assert.is(long.unit, "min");
  assert.is(long.ticks[long.ticks.length - 1].label, "60");
  assert.is(long.ticks[long.ticks.length - 1].seconds, 3600);
});

test("text is drawn where it is asked for, and cut where it does not fit", () => {
  const canvas = new Canvas(60, 30, [0, 0, 0]);
  canvas.text(40, 4, "Ag", [255, 255, 255], { align: "right" });
  const lit = [...canvas.pixels]
    .map((value, i) => (value > 128 ? Math.floor(i / 3) % 60 : -1))
    .filter((x) => x >= 0);
  assert.ok(lit.length > 30);
  assert.ok(Math.max(...lit) < 40 && Math.min(...lit) >= 40 - textWidth("Ag"));
  const cut = fitText("a rather long name of a file", 80);
  assert.match(cut, /^a rather.*…$/);
  assert.ok(textWidth(cut) <= 80);
  // Letters that the font lacks, and pixels outside the picture, do no harm.
  canvas.text(-5, 25, "日本 ü", [255, 0, 0]);
});

function picture(frames: number, maskValue: number, duration: number) {
  const columns = new SpectrogramColumns(257);
  for (let k = 0; k < frames; k++) {
    columns.add(
      Float32Array.from({ length: 257 }, (_, bin) => (bin < 100 ? 50 : 0.001)),
      new Float32Array(257).fill(maskValue),
    );
  }
  return decode(
    spectrogramPicture({
      title: "dog · 93 %",
      subtitle: "dog.wav",
      columns,
      sampleRate: 16000,
      stft: { window: 512, hop: 128 },
      duration,
      classes: [{ label: "dog", overTime: new Float32Array(10).fill(0.9) }],
    }),
  );
}

test("the picture is as large for a moment as for an hour", () => {
  const moment = picture(4, 1, 0.01);
  const hour = picture(9000, 1, 3600);
  assert.is(moment.width, hour.width);
  assert.is(moment.height, hour.height);
});

test("what the mask keeps is in colour, what it takes is grey", () => {
  const colours = (maskValue: number) => {
    const { data, width, height } = picture(500, maskValue, 4);
    let colourful = 0;
    for (let y = Math.floor(height * 0.45); y < height * 0.8; y++) {
      for (let x = 112; x < 1112; x += 10) {
        const at = 3 * (y * width + x);
        if (Math.abs(data[at] - data[at + 2]) > 30) colourful++;
      }
    }
    return colourful;
  };
  assert.ok(colours(1) > 5000);
  assert.is(colours(0), 0);
});

test.run();
