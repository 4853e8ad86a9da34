import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav, WavError, writeWav } from "../../dsp/index.ts";
import { largestDifference, noise, randomNumbers } from "./signals.ts";

type Bytes = Uint8Array;

const text = (value: string): Bytes => new TextEncoder().encode(value);
const joined = (...parts: Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));

function uint(value: number, bytes: number): Bytes {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

/** A chunk with its padding; `size` overrides what its header says. */
function chunk(id: string, content: Bytes, size = content.length): Bytes {
  return joined(text(id), uint(size, 4), content, new Uint8Array(content.length % 2));
}

function riff(chunks: Bytes[], size?: number, id = "RIFF"): Bytes {
  const content = joined(text("WAVE"), ...chunks);
  return joined(text(id), uint(size ?? content.length, 4), content);
}

function format(
  tag: number,
  channels: number,
  rate: number,
  bits: number,
  block = (channels * bits) / 8,
): Bytes {
  return chunk(
    "fmt ",
    joined(
      uint(tag, 2),
      uint(channels, 2),
      uint(rate, 4),
      uint(rate * block, 4),
      uint(block, 2),
      uint(bits, 2),
    ),
  );
}

function extensible(tag: number, channels: number, rate: number, bits: number, container: number): Bytes {
  const block = (channels * container) / 8;
  const guidEnd = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  return chunk(
    "fmt ",
    joined(
      joined(uint(0xfffe, 2), uint(channels, 2), uint(rate, 4), uint(rate * block, 4), uint(block, 2)),
      joined(
        uint(container, 2),
        uint(22, 2),
        uint(bits, 2),
        uint(0, 4),
        uint(tag, 2),
        Uint8Array.from(guidEnd),
      ),
    ),
  );
}

const int16 = (...values: number[]): Bytes => new Uint8Array(Int16Array.from(values).buffer);

test("reads every kind of sample by its definition", () => {
  const data: [number, number, Bytes, number[]][] = [
    [1, 8, Uint8Array.of(0, 128, 192, 255), [-1, 0, 0.5, 127 / 128]],
    [1, 16, int16(-32768, 0, 16384, 32767), [-1, 0, 0.5, 32767 / 32768]],
    [1, 24, Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0x40, 0xff, 0xff, 0xff), [-1, 0, 0.5, -1 / 2 ** 23]],
    [1, 32, new Uint8Array(Int32Array.of(-(2 ** 31), 0, 2 ** 30, -1).buffer), [-1, 0, 0.5, -1 / 2 ** 31]],
    [3, 32, new Uint8Array(Float32Array.of(-1.5, 0, 0.5, 1e-9).buffer), [-1.5, 0, 0.5, Math.fround(1e-9)]],
    [3, 64, new Uint8Array(Float64Array.of(-1.5, 0, 0.5, 0.1).buffer), [-1.5, 0, 0.5, Math.fround(0.1)]],
  ];
  for (const [tag, bits, bytes, expected] of data) {
    for (const header of [format(tag, 1, 22_050, bits), extensible(tag, 1, 22_050, bits, bits)]) {
      const wav = readWav(riff([header, chunk("data", bytes)]));
      assert.equal([...wav.channels[0]], expected, `tag ${tag}, ${bits} bits`);
      assert.is(wav.sampleRate, 22_050);
      assert.equal([wav.notes, wav.replaced], [[], 0]);
    }
  }
  // 20 bits at the top of 24, 12 bits at the top of 16.
  const wide = readWav(riff([extensible(1, 1, 48_000, 20, 24), chunk("data", Uint8Array.of(0, 0, 0x40))]));
  assert.is(wide.channels[0][0], 0.5);
  const narrow = readWav(riff([format(1, 1, 48_000, 12, 2), chunk("data", int16(-16384))]));
  assert.is(narrow.channels[0][0], -0.5);
});

test("keeps channels apart", () => {
  const wav = readWav(riff([format(1, 3, 8000, 16), chunk("data", int16(1, 2, 3, -1, -2, -3))]));
  assert.equal(
    wav.channels.map((channel) => [...channel].map((value) => value * 32_768)),
    [
      [1, -1],
      [2, -2],
      [3, -3],
    ],
  );
});

test("takes chunks in any order and skips what it doesn't know, padded when odd", () => {
  const sound = chunk("data", int16(100, 200));
  const header = format(1, 1, 16_000, 16);
  const other = chunk("LIST", text("INFOx"));
  for (const chunks of [
    [header, sound],
    [other, header, sound, other],
    [sound, header],
    [chunk("junk", new Uint8Array(0)), sound, other, header],
  ]) {
    const wav = readWav(riff(chunks));
    assert.equal([...wav.channels[0]], [100 / 32_768, 200 / 32_768]);
    assert.equal(wav.notes, []);
  }
  const odd = readWav(riff([chunk("data", Uint8Array.of(0, 128, 255)), format(1, 1, 16_000, 8)]));
  assert.is(odd.channels[0].length, 3);
});

test("a cut-off file gives what is there, with a note", () => {
  const whole = riff([format(1, 2, 16_000, 16), chunk("data", int16(...Array(200).keys()))]);
  for (const lost of [1, 3, 4, 100, 390]) {
    const wav = readWav(whole.subarray(0, whole.length - lost), "cut.wav");
    assert.is(wav.channels[0].length, Math.floor((400 - lost) / 4));
    assert.is(wav.channels[1].length, wav.channels[0].length);
    assert.match(wav.notes[0], `cut.wav is cut off: ${400 - lost} of 400 bytes`);
  }
});

test("headers of recordings that were streamed are read to the end", () => {
  const sound = int16(1, 2, 3, 4);
  for (const [riffSize, dataSize] of [
    [0xffff_ffff, 0xffff_ffff],
    [0, 0],
    [36, 0],
    [0x7fff_ffff, 0x7fff_ffdb],
  ]) {
    const wav = readWav(
      riff([format(1, 1, 16_000, 16), chunk("data", sound, dataSize)], riffSize),
      "live.wav",
    );
    assert.is(wav.channels[0].length, 4, `${dataSize}`);
    assert.match(wav.notes[0], "live.wav does not say how long it is");
  }
});

test("64-bit sizes of RF64 are followed", () => {
  const sizes = chunk("ds64", joined(uint(0, 8), uint(8, 8), uint(4, 8), uint(0, 4)));
  const after = chunk("LIST", text("no samples"));
  const chunks = [sizes, format(1, 1, 16_000, 16), chunk("data", int16(1, 2, 3, 4), 0xffff_ffff), after];
  const wav = readWav(riff(chunks, 0xffff_ffff, "RF64"));
  assert.is(wav.channels[0].length, 4);
  assert.equal(wav.notes, []);
});

test("NaN and infinity become 0 and are counted; what merely exceeds full scale stays", () => {
  const values = [Number.NaN, 1, Number.POSITIVE_INFINITY, 7, Number.NEGATIVE_INFINITY];
  const wav = readWav(
    riff([format(3, 1, 16_000, 32), chunk("data", new Uint8Array(Float32Array.from(values).buffer))]),
  );
  assert.equal([...wav.channels[0]], [0, 1, 0, 7, 0]);
  assert.is(wav.replaced, 3);
  const huge = new Uint8Array(Float64Array.of(1e300, 0.5).buffer);
  const wide = readWav(riff([format(3, 1, 16_000, 64), chunk("data", huge)]));
  assert.equal([...wide.channels[0]], [0, 0.5], "beyond what a float32 holds");
  assert.is(wide.replaced, 1);
});

test("what is no WAV file is named by what it is", () => {
  const refusals: [Bytes, RegExp][] = [
    [new Uint8Array(0), /x\.wav .*it is empty/],
    [text("Dear diary, today"), /text that begins "Dear diary, today"/],
    [text("<!doctype html>"), /text that begins/],
    [joined(text("ID3"), new Uint8Array(40)), /MP3/],
    [Uint8Array.of(0xff, 0xfb, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0), /MP3/],
    [joined(text("OggS"), new Uint8Array(40)), /Ogg/],
    [joined(text("fLaC"), new Uint8Array(40)), /FLAC/],
    [joined(uint(0, 4), text("ftypM4A "), new Uint8Array(40)), /M4A/],
    [joined(text("RIFF"), uint(4, 4), text("AVI ")), /kind "AVI "/],
    [joined(text("RIFX"), uint(4, 4), text("WAVE")), /big-endian/],
    [Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), /begins with the bytes 00 01 02 03/],
    [text("RIFF"), /RIFF file/],
  ];
  for (const [bytes, reason] of refusals) {
    assert.throws(
      () => readWav(bytes, "x.wav"),
      (error: unknown) => {
        assert.instance(error, WavError);
        assert.match((error as Error).message, reason);
        return true;
      },
    );
  }
});

test("damaged and unsupported WAV files are refused by what is wrong", () => {
  const sound = chunk("data", int16(1, 2));
  const refusals: [Bytes, RegExp][] = [
    [riff([]), /without a "fmt " chunk/],
    [riff([sound]), /without a "fmt " chunk/],
    [riff([format(1, 1, 16_000, 16)]), /without a "data" chunk/],
    [riff([format(1, 1, 16_000, 16), chunk("data", new Uint8Array(0))]), /without a single sample/],
    [riff([format(1, 2, 16_000, 16), chunk("data", int16(1))]), /without a single sample/],
    [riff([chunk("fmt ", new Uint8Array(8)), sound]), /"fmt " chunk of 8 bytes/],
    [riff([format(2, 1, 16_000, 4, 256), sound]), /Microsoft ADPCM.*ffmpeg/],
    [riff([extensible(6, 1, 16_000, 8, 8), sound]), /A-law/],
    [riff([format(777, 1, 16_000, 16), sound]), /format tag 777/],
    [riff([format(1, 0, 16_000, 16, 2), sound]), /0 channels/],
    [riff([format(1, 1, 0, 16), sound]), /0 Hz/],
    [riff([format(1, 1, 16_000, 64), sound]), /PCM samples of 64 bits/],
    [riff([format(3, 1, 16_000, 16), sound]), /float samples of 16 bits/],
    [riff([format(1, 1, 16_000, 0, 0), sound]), /PCM samples of 0 bits/],
    [riff(Array.from({ length: 10_001 }, () => chunk("junk", new Uint8Array(0)))), /chunks and no sound/],
  ];
  for (const [bytes, reason] of refusals) assert.throws(() => readWav(bytes, "x.wav"), reason);
});

test("random damage never hangs and never fails with anything but a WavError", () => {
  const random = randomNumbers(1);
  const whole = riff([
    chunk("LIST", text("odd")),
    format(1, 2, 44_100, 16),
    chunk("data", int16(...Array(64).keys())),
  ]);
  for (let round = 0; round < 3000; round++) {
    const bytes = whole.slice(0, 1 + Math.floor(random() * whole.length));
    for (let hit = 0; hit < 3; hit++)
      bytes[Math.floor(random() * Math.min(60, bytes.length))] = Math.floor(random() * 256);
    try {
      const { channels } = readWav(bytes);
      assert.ok(
        channels.length > 0 &&
          channels[0].length > 0 &&
          channels.every((each) => each.every(Number.isFinite)),
      );
    } catch (error) {
      assert.instance(error, WavError, String(error));
    }
  }
});

test("what was written is read back: floats exactly, 16 bits to half a step", () => {
  for (const count of [1, 2, 5]) {
    const channels = Array.from({ length: count }, (_, c) => noise(333, c + 1));
    const exact = readWav(writeWav(channels, 44_100, "float32"));
    const rounded = readWav(writeWav(channels, 44_100));
    for (const [c, channel] of channels.entries()) {
      assert.is(largestDifference(exact.channels[c], channel), 0);
      assert.ok(largestDifference(rounded.channels[c], channel) <= 1 / 32_768);
    }
    assert.equal([exact.sampleRate, exact.notes, rounded.notes], [44_100, [], []]);
    const again = readWav(writeWav(rounded.channels, 44_100));
    assert.is(
      largestDifference(again.channels[0], rounded.channels[0]),
      0,
      "16 bits written twice do not change",
    );
  }
});

test("writing clips to full scale and knows no NaN in 16 bits", () => {
  const wild = Float32Array.of(2, -2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1);
  const top = 32_767 / 32_768;
  assert.equal([...readWav(writeWav([wild], 16_000)).channels[0]], [top, -1, 0, top, -1, top, -1]);
});

test("the header is the canonical 44 bytes", () => {
  const bytes = writeWav([new Float32Array(3), new Float32Array(3)], 48_000);
  assert.is(bytes.length, 44 + 12);
  const view = new DataView(bytes.buffer);
  assert.is(view.getUint32(4, true), bytes.length - 8);
  assert.is(view.getUint32(28, true), 48_000 * 4);
  assert.is(view.getUint32(40, true), 12);
});

test("channels that make no file are refused", () => {
  assert.throws(() => writeWav([], 16_000), /no WAV file/);
  assert.throws(
    () => writeWav([new Float32Array(2), new Float32Array(3)], 16_000),
    /channels of 2, 3 samples/,
  );
});

test.run();
