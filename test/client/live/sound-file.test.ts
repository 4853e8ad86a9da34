/** What the page makes of a file before it asks the browser. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSoundFile } from "../../../client/live/audio/sound-file.ts";
import { largestDifference } from "../../dsp/signals.ts";
import {
  aiff,
  au,
  caf,
  chunk,
  id3,
  id3v1,
  joined,
  riff,
  samples,
  telephone,
  text,
  wavFormat,
} from "../../models/sound/sound-files.ts";
import { likeness, randomBytes, sweep } from "../../models/sound/sounds.ts";

const sound = sweep(8000, 0.25);
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/sound/${name}`, import.meta.url));
const open = (bytes: Uint8Array, name = "given") => openSoundFile(new Uint8Array(bytes), name);

test("uncompressed kinds that browsers do not know are read by ourselves, and rightly", () => {
  const int16 = samples(sound, "s16", false);
  const int16Big = samples(sound, "s16", true);
  const files: Record<string, Uint8Array> = {
    AIFF: aiff(int16Big, { bits: 16 }),
    "AIFF of 8 bits": aiff(samples(sound, "s8", true), { bits: 8 }),
    "AIFF of the telephone": aiff(telephone(sound, "ulaw"), { codec: "ulaw", bits: 8 }),
    CAF: caf(int16Big, { bytesPerPacket: 2, bits: 16 }),
    "CAF of the telephone": caf(telephone(sound, "alaw"), { format: "alaw", bytesPerPacket: 1, bits: 8 }),
    AU: au(telephone(sound, "ulaw"), 1),
    "WAV of two parts": riff([
      wavFormat(),
      chunk("data", int16.subarray(0, 500)),
      chunk("data", int16.subarray(500)),
    ]),
    "WAV of no size": riff([wavFormat(), chunk("data", int16, 0)]),
    "WAV behind a tag": joined(id3(300), riff([wavFormat(), chunk("data", int16)])),
    "WAV of 64 bits": riff([wavFormat({ tag: 3, bits: 64 }), chunk("data", samples(sound, "f64", false))]),
    "WAV of IMA ADPCM": fixture("ima.wav"),
    "WAV of Microsoft ADPCM": fixture("microsoft.wav"),
  };
  for (const [what, bytes] of Object.entries(files)) {
    const read = open(bytes, what);
    if (read instanceof ArrayBuffer) throw new Error(`${what} was left to the browser`);
    assert.equal([read.sampleRate, read.channels.length], [8000, 1], what);
    const { correlation, gain } = likeness(read.channels[0], sound, 0);
    assert.ok(correlation > 0.99 && Math.abs(gain - 1) < 0.02, `${what}: ${correlation}, gain ${gain}`);
  }
  const stereo = open(riff([wavFormat({ channels: 2 }), chunk("data", samples(sound, "s16", false))]));
  if (stereo instanceof ArrayBuffer) throw new Error("stereo was left to the browser");
  assert.equal([stereo.channels.length, stereo.channels[1].length], [2, sound.length / 2]);
  assert.ok(
    largestDifference(
      stereo.channels[1],
      sound.filter((_, n) => n % 2 === 1),
    ) < 1e-4,
  );
});

test("compressed kinds are left to the browser without what is put around them", () => {
  for (const name of [
    "lame.mp3",
    "blocks.flac",
    "blocks.oga",
    "adts.aac",
    "flac.mp4",
    "pcm.mkv",
    "mp3.wav",
  ]) {
    const bytes = fixture(name);
    const given = open(joined(id3(200), Buffer.alloc(500), bytes, id3v1), name);
    if (!(given instanceof ArrayBuffer)) throw new Error(`${name} was read`);
    const isTagged = bytes.subarray(0, 3).toString() === "ID3";
    assert.equal(
      Buffer.from(given),
      isTagged ? bytes.subarray(bytes.length - given.byteLength) : bytes,
      name,
    );
  }
});

test("what is no sound is refused by what it is, also where a browser would make noise of it", () => {
  assert.throws(
    () => open(joined(text("\xff\xd8\xff\xe0"), randomBytes(9000, 1)), "a.wav"),
    /a\.wav.* a JPEG picture/,
  );
  assert.throws(() => open(joined(id3(99), text("%PDF-1.7")), "b.mp3"), /b\.mp3.*follows its tag/);
  assert.throws(
    () => open(joined(text("\xff\xfb\x90\x64"), randomBytes(9000, 2)), "c.mp3"),
    /c\.mp3.*looks like MP3/,
  );
  assert.throws(() => open(text("Dear diary"), "d.wav"), /d\.wav.*text that begins "Dear diary"/);
  assert.throws(() => open(riff([wavFormat()]), "e.wav"), /e\.wav.*without a "data" chunk/);
});

test.run();
