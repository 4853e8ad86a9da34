/** Sound is found whatever taggers, broken recorders and broken copies put around it, and what is none is never sound. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AudioFileError } from "../../../models/sound/read-audio.ts";
import { type WholeSound, wholeSound } from "../../../tools/fuzz/whole-sound.ts";
import { largestDifference } from "../../dsp/signals.ts";
import {
  aiff,
  apeTag,
  au,
  caf,
  chunk,
  id3,
  id3v1,
  joined,
  little,
  lyrics3,
  riff,
  samples,
  text,
  wave64,
  wavFormat,
} from "./sound-files.ts";
import { likeness, randomBytes, sweep } from "./sounds.ts";

const folder = mkdtempSync(join(tmpdir(), "read-odd-"));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/sound/${name}`, import.meta.url));
const read = (bytes: Uint8Array, name = "given"): Promise<WholeSound> => wholeSound(file(name, bytes));

async function refusal(bytes: Uint8Array, name: string): Promise<string> {
  try {
    const { channels } = await read(bytes, name);
    assert.unreachable(`${name} was read as ${channels[0].length} samples`);
  } catch (error) {
    assert.instance(error, AudioFileError, String(error));
    const { message } = error as Error;
    assert.match(message, name);
    return message;
  }
  return "";
}

const FFMPEG = spawnSync("ffmpeg", ["-version"]).status === 0;
const AAC = await import("node-web-audio-api").then(
  () => true,
  () => FFMPEG,
);
const sound = sweep(8000, 0.25);
const int16 = samples(sound, "s16", false);
const plainWav = riff([wavFormat(), chunk("data", int16)]);

/** Small files of each kind. */
const KINDS: Record<string, Buffer> = {
  WAV: plainWav,
  Wave64: wave64([
    ["fmt ", wavFormat().subarray(8)],
    ["data", int16],
  ]),
  AIFF: aiff(samples(sound, "s16", true), { bits: 16 }),
  CAF: caf(samples(sound, "s16", true), { bytesPerPacket: 2, bits: 16 }),
  AU: au(samples(sound, "s16", true), 3),
  FLAC: fixture("blocks.flac"),
  "FLAC in Ogg": fixture("blocks.oga"),
  MP3: fixture("plain.mp3"),
  "MP3 with a head": fixture("lame.mp3"),
  "Layer II": fixture("layer2.mp2"),
  Matroska: fixture("pcm.mkv"),
  MP4: fixture("flac.mp4"),
  ...(AAC ? { ADTS: fixture("adts.aac") } : {}),
};

const ODDITIES: Record<string, (bytes: Buffer) => Buffer> = {
  "an ID3v2 tag in front": (bytes) => joined(id3(300), bytes),
  "two ID3v2 tags in front": (bytes) => joined(id3(300), id3(77), bytes),
  "an ID3v2 tag with a footer in front": (bytes) => joined(id3(200, 200, true), bytes),
  "an empty ID3v2 tag in front": (bytes) => joined(id3(0), bytes),
  "an ID3v2 tag with a picture in front": (bytes) =>
    joined(text("ID3\x04\0\0\0\0\x1f\x20"), text("APIC\xff\xd8\xff\xe0"), randomBytes(3992, 9), bytes),
  "an APE tag in front": (bytes) => joined(apeTag(90), bytes),
  "zeros in front": (bytes) => joined(Buffer.alloc(5000), bytes),
  "zeros behind an ID3v2 tag": (bytes) => joined(id3(300), Buffer.alloc(700), bytes),
  "an ID3v1 tag behind": (bytes) => joined(bytes, id3v1),
  "an APE and an ID3v1 tag behind": (bytes) => joined(bytes, apeTag(90), id3v1),
  "words of a song behind": (bytes) => joined(bytes, lyrics3(60), id3v1),
  "an ID3v2 tag behind": (bytes) => joined(bytes, id3(100, 100, true)),
  "junk behind": (bytes) => joined(bytes, randomBytes(999, 3)),
  "tags on both sides": (bytes) => joined(id3(50), apeTag(40), bytes, apeTag(40), id3v1),
};

for (const [kind, bytes] of Object.entries(KINDS)) {
  test(`${kind} with tags, zeros or junk around it is the same sound`, async () => {
    const plain = await read(bytes);
    for (const [oddity, make] of Object.entries(ODDITIES)) {
      const { channels, sampleRate } = await read(make(bytes));
      assert.equal([sampleRate, channels.length], [plain.sampleRate, plain.channels.length], oddity);
      assert.is(channels[0].length, plain.channels[0].length, oddity);
      // The encoder's noise is made anew in AAC.
      assert.ok(largestDifference(channels[0], plain.channels[0]) < 0.01, oddity);
    }
  });

  test(`${kind} that is cut off gives its beginning or a reason, and never more`, async () => {
    const plain = (await read(bytes)).channels[0];
    for (let tenth = 0; tenth < 10; tenth++) {
      const cut = bytes.subarray(0, Math.floor((tenth * bytes.length) / 10));
      const given = await read(cut, `${tenth}`).catch((error: unknown) => error);
      if (given instanceof AudioFileError) continue;
      const { channels } = given as WholeSound;
      assert.ok(channels[0].length <= plain.length, `${tenth} tenths: ${channels[0].length} samples`);
      // Lossy codecs fade out at the end that is missing.
      const sure = channels[0].subarray(0, Math.max(0, channels[0].length - 1200));
      const same = plain.subarray(0, sure.length);
      assert.ok(largestDifference(sure, same) < 0.02, `${tenth} tenths`);
      if (tenth > 6)
        assert.ok(channels[0].length > plain.length / 3, `${tenth} tenths: ${channels[0].length} samples`);
    }
  });
}

test("an ID3v2 tag that claims another size than it has hides no sound", async () => {
  for (const [kind, bytes] of Object.entries(KINDS)) {
    // The readers of these know no mark long enough to be looked for.
    if (["Wave64", "CAF", "AU", "Matroska", "MP4"].includes(kind)) continue;
    const plain = (await read(bytes)).channels[0];
    for (const claimed of [0, 250, 290]) {
      const { channels } = await read(joined(id3(300, claimed), bytes), kind);
      assert.ok(
        Math.abs(channels[0].length - plain.length) <= 1152,
        `${kind}, ${claimed}: ${channels[0].length}`,
      );
    }
  }
  const { channels } = await read(joined(id3(30, 100_000), fixture("plain.mp3")));
  assert.is(channels[0].length, (await read(fixture("plain.mp3"))).channels[0].length);
});

test("streams of frames that begin in the middle of one are read from the next on", async () => {
  for (const kind of AAC ? ["MP3", "Layer II", "ADTS"] : ["MP3", "Layer II"]) {
    const plain = (await read(KINDS[kind])).channels[0];
    for (const front of [1, 100, 333]) {
      const { channels } = await read(KINDS[kind].subarray(front), kind);
      assert.ok(channels[0].length > plain.length - 3 * 1152, `${kind} from ${front}`);
      const lost = plain.length - channels[0].length;
      const given = channels[0].subarray(1152);
      const { correlation } = likeness(given, plain.subarray(lost + 1152), 0);
      assert.ok(correlation > 0.99, `${kind} from ${front}: ${correlation}`);
    }
  }
});

test("sound is read to its end where a recorder never wrote how long it is", async () => {
  const sizes = (dataSize: number) =>
    chunk("ds64", joined(little(0, 8), little(dataSize, 8), little(0, 8), little(0, 4)));
  const data = (size: number) => chunk("data", int16, size);
  const files: Record<string, Buffer> = {
    "RIFF right, data 0": riff([wavFormat(), data(0)]),
    "RIFF 0xFFFFFFFF, data 0": riff([wavFormat(), data(0)], 0xffff_ffff),
    "RIFF 0, data 0": riff([wavFormat(), data(0)], 0),
    "RIFF right, data 0xFFFFFFFF": riff([wavFormat(), data(0xffff_ffff)]),
    "RIFF 0, data 0x80000000": riff([wavFormat(), data(0x8000_0000)], 0),
    "RF64 whose sizes are zeros": riff([sizes(0), wavFormat(), data(0xffff_ffff)], 0xffff_ffff, "RF64"),
    "RF64 and data 0": riff([sizes(0), wavFormat(), data(0)], 0xffff_ffff, "RF64"),
    "RF64 without its sizes": riff([wavFormat(), data(0xffff_ffff)], 0xffff_ffff, "RF64"),
    "RF64 with room for its sizes": riff(
      [chunk("JUNK", Buffer.alloc(28)), wavFormat(), data(0xffff_ffff)],
      0xffff_ffff,
      "RF64",
    ),
    "BW64 whose sizes are zeros": riff([sizes(0), wavFormat(), data(0xffff_ffff)], 0xffff_ffff, "BW64"),
    "Wave64 of no size": wave64([
      ["fmt ", wavFormat().subarray(8)],
      ["data", int16, 0],
    ]),
    "AIFF of size 0": aiff(samples(sound, "s16", true), { bits: 16, size: 0 }),
    "AIFF of size 0xFFFFFFFF": aiff(samples(sound, "s16", true), { bits: 16, size: 0xffff_ffff }),
    "AU of size 0xFFFFFFFF": au(samples(sound, "s16", true), 3, 0xffff_ffff),
    "AU of size 0": au(samples(sound, "s16", true), 3, 0),
  };
  for (const [what, bytes] of Object.entries(files)) {
    const { channels } = await read(bytes, what);
    assert.is(channels[0].length, sound.length, what);
    assert.ok(largestDifference(channels[0], sound) < 1e-4, what);
  }
  const cut = await read(riff([wavFormat(), data(int16.length + 1000)]));
  assert.is(cut.channels[0].length, sound.length);
  assert.match(cut.notes.join(), /is cut off: 4000 of 5000 bytes/);
});

test("a file that holds no sound is empty, whatever stands behind", async () => {
  const list = chunk("LIST", text("INFOISFT\x04\0\0\0Lavf"));
  assert.match(
    await refusal(riff([wavFormat(), chunk("data", Buffer.alloc(0)), list]), "a.wav"),
    /a single sample/,
  );
  assert.match(
    await refusal(riff([list, chunk("data", Buffer.alloc(0)), wavFormat()]), "b.wav"),
    /a single sample/,
  );
});

test("chunks are taken in any order, also several of sound", async () => {
  const [first, second] = [int16.subarray(0, 1002), int16.subarray(1002)];
  const others = ["LIST", "bext", "JUNK", "PEAK", "cue ", "iXML"].map((id, n) =>
    chunk(id, Buffer.alloc(3 + n, 0x20)),
  );
  const files: Record<string, Buffer> = {
    "two of sound": riff([wavFormat(), chunk("data", first), chunk("data", second)]),
    "others between": riff([
      others[0],
      wavFormat(),
      others[1],
      chunk("data", first),
      ...others,
      chunk("data", second),
    ]),
    "sound first": riff([chunk("data", first), ...others, chunk("data", second), wavFormat()]),
    "an empty one first": riff([
      wavFormat(),
      chunk("data", Buffer.alloc(0)),
      others[0],
      chunk("data", int16),
    ]),
  };
  for (const [what, bytes] of Object.entries(files)) {
    const { channels, notes } = await read(bytes, what);
    assert.equal([channels[0].length, notes], [sound.length, []], what);
    assert.ok(largestDifference(channels[0], sound) < 1e-4, what);
  }
});

test("of two files in one, the second is added where streams go on, else a note tells of it", async () => {
  const wav = await read(joined(plainWav, plainWav));
  assert.is(wav.channels[0].length, sound.length);
  assert.match(wav.notes.join(), /another sound behind its first/);
  for (const name of ["blocks.flac", "blocks.oga", "plain.mp3"]) {
    const once = (await read(fixture(name))).channels[0].length;
    const twice = (await read(joined(fixture(name), fixture(name)))).channels[0].length;
    assert.ok(Math.abs(twice - 2 * once) <= 1152, `${name}: ${once}, ${twice}`);
  }
});

test("what is lost within a FLAC is silence of its own length, and told", async () => {
  const bytes = fixture("blocks.flac");
  const plain = (await read(bytes)).channels[0];
  const broken = joined(bytes.subarray(0, 1500), bytes.subarray(1700));
  const { channels, notes } = await read(broken, "broken.flac");
  assert.is(channels[0].length, plain.length);
  assert.match(notes.join(), /broken\.flac is damaged: (256|512|768) samples were lost/);
  assert.ok(largestDifference(channels[0].subarray(1280), plain.subarray(1280)) === 0);
  assert.ok(largestDifference(channels[0].subarray(0, 512), plain.subarray(0, 512)) === 0);
});

test("what is damaged within AAC is left out, and the rest is read", async () => {
  if (!AAC) return;
  const bytes = fixture("adts.aac");
  const plain = (await read(bytes)).channels[0];
  const { channels } = await read(joined(bytes.subarray(0, 400), bytes.subarray(460)), "broken.aac");
  assert.ok(channels[0].length >= plain.length - 3 * 1024, `${channels[0].length} of ${plain.length}`);
});

test("what the decoder of MP3 stumbles over is told among the notes, not on the terminal", async () => {
  const { error } = console;
  const said: unknown[] = [];
  console.error = (...words) => said.push(words);
  try {
    const bytes = fixture("plain.mp3");
    const { notes } = await read(joined(bytes, Buffer.alloc(3000), bytes), "stumbles.mp3");
    assert.match(notes.join(), /stumbles\.mp3 holds parts that its decoder could not read/);
  } finally {
    console.error = error;
  }
  assert.equal(said, []);
});

const ENDINGS = ["wav", "mp3", "flac", "ogg", "aac", "m4a", "webm", "aiff"];

test("junk is never sound, whatever its name", async () => {
  const pictures = {
    JPEG: joined(text("\xff\xd8\xff\xe0\0\x10JFIF\0"), randomBytes(20_000, 1)),
    PNG: joined(text("\x89PNG\r\n\x1a\n"), randomBytes(20_000, 2)),
    PDF: joined(text("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), randomBytes(20_000, 4)),
    ZIP: joined(text("PK\x03\x04"), randomBytes(20_000, 5)),
    MIDI: joined(text("MThd\0\0\0\x06"), randomBytes(20_000, 6)),
  };
  for (const [n, [what, bytes]] of Object.entries(pictures).entries()) {
    const name = `${what}.${ENDINGS[n]}`;
    assert.match(await refusal(bytes, name), `it is a ${what}`);
    assert.match(await refusal(joined(id3(100), bytes), name), "follows its tag");
  }
  for (let seed = 10; seed < 60; seed++) {
    const bytes = randomBytes(30_000, seed);
    await refusal(bytes, `${seed}.${ENDINGS[seed % ENDINGS.length]}`);
    // With the first bytes of a frame of MP3 or AAC.
    await refusal(
      joined(Buffer.from(["fffb9064", "fff15080", "fffb0064", "fff38064"][seed % 4], "hex"), bytes),
      "x.mp3",
    );
    await refusal(joined(id3(50), bytes), "tagged.mp3");
  }
  await refusal(
    joined(text("\xff\xfe"), Buffer.from("Dear diary, today it rained. ".repeat(200), "utf16le")),
    "a.txt",
  );
  await refusal(Buffer.alloc(20_000), "zeros.mp3");
  const high = Buffer.alloc(20_000, Buffer.from("fa34b12a90ee", "hex"));
  assert.match(
    await refusal(high, "bytes.wav"),
    /begins with the bytes fa 34 b1 2a.*ffmpeg -i INPUT OUTPUT\.wav/,
  );
  await refusal(Buffer.alloc(20_000, 0xff), "ones.mp3");
  await refusal(id3(5000), "tag.mp3");
});

test("gigabytes of zeros are refused after a look at their beginning", async () => {
  const path = file("room.wav", Buffer.alloc(1));
  truncateSync(path, 2 ** 36);
  assert.match(String(await wholeSound(path).catch(String)), /room\.wav is none of WAV/);
});

test("what says that it is PCM and is Dolby Digital or DTS is not taken for sound", async () => {
  const burst = joined(text("\x72\xf8\x1f\x4e\x01\0\0\x30"), randomBytes(6000, 7));
  const before = process.env["PATH"];
  process.env["PATH"] = folder;
  try {
    const wav = riff([wavFormat({ channels: 2, rate: 48_000 }), chunk("data", joined(burst, burst))]);
    assert.match(await refusal(wav, "receiver.wav"), /Dolby Digital or DTS.*no ffmpeg on the PATH/);
  } finally {
    process.env["PATH"] = before;
  }
});

test("what is not understood is named, with a way out, where there is no ffmpeg", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = folder;
  try {
    const files: [string, Buffer, RegExp][] = [
      ["phone.wav", fixture("gsm.wav"), /it holds GSM 6\.10/],
      ["phone.aifc", aiff(randomBytes(330, 1) as Buffer, { codec: "GSM ", bits: 16 }), /it holds GSM 6\.10/],
      [
        "phone.caf",
        caf(randomBytes(330, 1), { format: "agsm", bytesPerPacket: 33, bits: 0 }),
        /it holds GSM 6\.10/,
      ],
      [
        "other.aifc",
        aiff(randomBytes(330, 1) as Buffer, { codec: "MAC3", bits: 8 }),
        /AIFF-C of kind "MAC3"/,
      ],
      ["lossless.caf", fixture("lossless.caf"), /it holds Apple Lossless/],
      ["other.au", au(randomBytes(330, 1), 23), /ADPCM of G\.72x/],
      ["speex.ogg", fixture("speex.spx"), /it is Speex in Ogg/],
      ["other.wav", riff([wavFormat({ tag: 0x161 }), chunk("data", int16)]), /it holds format tag 353/],
      ["pack.wv", joined(text("wvpk"), randomBytes(400, 1)), /it is WavPack/],
      ["amr.amr", joined(text("#!AMR\n"), randomBytes(400, 1)), /it is AMR/],
      ["film.avi", joined(text("RIFF\0\0\0\0AVI "), randomBytes(400, 1)), /it is an AVI video/],
    ];
    for (const [name, bytes, reason] of files) {
      const said = await refusal(bytes, name);
      assert.match(said, reason);
      assert.match(
        said,
        /no ffmpeg on the PATH; install ffmpeg, or convert the file.*ffmpeg -i INPUT OUTPUT\.wav/,
      );
    }
  } finally {
    process.env["PATH"] = before;
  }
});

test.run();
