import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import {
  checkFfmpeg,
  deviceArguments,
  ffmpegInput,
  streamArguments,
} from "../../monitor/inputs/ffmpeg-input.ts";
import { folderInput } from "../../monitor/inputs/file-input.ts";
import { BEGINNING, HeardInMemory } from "../../monitor/inputs/heard-files.ts";
import type { InputReport } from "../../monitor/inputs/input.ts";
import { LiveQueue } from "../../monitor/inputs/live-queue.ts";
import { InputError, parseInputs } from "../../monitor/inputs/parse-input.ts";
import { PcmDecoder } from "../../monitor/inputs/pcm.ts";
import { stdinInput } from "../../monitor/inputs/stdin-input.ts";
import { SampleHistory } from "../../monitor/sample-history.ts";
import { backOffMs } from "../../protocol/back-off.ts";

const OPTIONS = {
  pcm: { sampleRate: 16_000, channels: 1, format: "s16le" as const },
  folder: {},
  ffmpeg: {},
};
const QUIET: InputReport = { state() {}, dropped() {}, failed() {}, unread() {} };
const ramp = (from: number, count: number) => Float32Array.from({ length: count }, (_, n) => from + n);

test("PCM is put together over pieces of any size, channels are averaged, numbers that are none become 0", () => {
  const bytes = Buffer.alloc(16);
  for (const [n, value] of [100, -300, 1000, 2000, -32768, -32768, 0, 1].entries()) {
    bytes.writeInt16LE(value, 2 * n);
  }
  for (let size = 1; size <= 16; size++) {
    const decoder = new PcmDecoder("s16le", 2);
    const samples: number[] = [];
    for (let at = 0; at < 16; at += size) samples.push(...decoder.push(bytes.subarray(at, at + size)));
    assert.equal(
      samples.map((sample) => Math.round(sample * 65536)),
      [-200, 3000, -65536, 1],
    );
  }
  const floats = Buffer.alloc(12);
  for (const [n, value] of [0.5, Number.NaN, Number.POSITIVE_INFINITY].entries()) {
    floats.writeFloatLE(value, 4 * n);
  }
  assert.equal([...new PcmDecoder("f32le", 1).push(floats)], [0.5, 0, 0]);
});

test("a live queue that is full drops its oldest half, tells of it, and says where the gap is", async () => {
  const dropped: number[] = [];
  const queue = new LiveQueue(100, (samples) => dropped.push(samples));
  for (let n = 0; n < 11; n++) queue.push(ramp(10 * n, 10));
  assert.equal(dropped, [60]);
  assert.is(queue.length, 50);
  assert.is(await queue.read(), "gap");
  assert.is(((await queue.read()) as Float32Array)[0], 60);
  queue.end();
  for (let n = 0; n < 4; n++) await queue.read();
  assert.is(await queue.read(), "end");
});

test("a live queue that is read in time drops nothing and waits for what is to come", async () => {
  const queue = new LiveQueue(100, () => assert.unreachable());
  const reading = queue.read();
  queue.push(ramp(0, 10));
  assert.is(((await reading) as Float32Array).length, 10);
  const ending = queue.read();
  queue.end();
  assert.is(await ending, "end");
});

test("the history gives back any stretch that it still holds", () => {
  const history = new SampleHistory(100);
  let at = 0;
  for (const size of [30, 7, 80, 1, 250, 13]) {
    history.push(ramp(at, size));
    at += size;
    assert.is(history.end, at);
    const { from, samples } = history.slice(at - 60, at + 20);
    assert.is(from, Math.max(0, at - 60));
    assert.equal([...samples], [...ramp(from, at - from)]);
  }
  assert.is(history.slice(0, 10).samples.length, 0);
});

test("words become inputs with names of their own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "listenable-monitor-"));
  const file = join(folder, "night one!.wav");
  await writeFile(file, writeWav([new Float32Array(10)], 16_000));
  const inputs = parseInputs(
    [file, `yard=${folder}`, "-", "http://user:secret@radio.example:8000/street.mp3", "device:pulse:default"],
    OPTIONS,
  );
  assert.equal(
    inputs.map(({ name, live }) => [name, live]),
    [
      ["night-one", false],
      ["yard", false],
      ["stdin", false],
      ["radio-example", true],
      ["pulse-default", true],
    ],
  );
  assert.is(inputs[3].source, "http://radio.example:8000/…", "what stands in the path may be a key");
  assert.equal(
    parseInputs([file, file], OPTIONS).map(({ name }) => name),
    ["night-one", "night-one-2"],
  );
});

test("what is no input is refused with what would be one", () => {
  const refused = (...words: string[]) => {
    try {
      parseInputs(words, OPTIONS);
    } catch (error) {
      assert.instance(error, InputError);
      return (error as Error).message;
    }
    throw new Error(`${words} was taken`);
  };
  assert.match(refused("nowhere.wav"), /no file or folder nowhere\.wav.*standard input/);
  for (const address of ["file:///etc/passwd", "concat://a", "data://x", "tcp://host:1", "gopher://host/"]) {
    assert.match(refused(address), /streams have http, https, rtsp/);
  }
  assert.not.match(refused("ftp://user:secret@host/x"), /secret/);
  assert.match(refused("-", "other=-"), /one input only/);
  assert.match(refused("a=-", "a=http://host/"), /two inputs have the name a/);
});

test("a watched folder that is not there yet is an input; a file that is not there is none", () => {
  const watching = { ...OPTIONS, folder: { watch: true } };
  const [input] = parseInputs(["yard=/no/disk/here/yet/"], watching);
  assert.equal([input.name, input.source], ["yard", "/no/disk/here/yet/"]);
  for (const word of ["nowhere.wav", "rtsp:/me:secret@cam/live", "me:secret@cam/live"]) {
    assert.throws(() => parseInputs([word], watching), /no file or folder/);
  }
  assert.throws(() => parseInputs(["/no/disk/here/yet/"], OPTIONS), /no file or folder/);
});

test("ffmpeg gets a list of arguments and may open nothing but the address's protocols", () => {
  const nasty = "http://host/$(reboot);`x` -y /etc/passwd";
  const words = streamArguments(nasty);
  assert.is(words.at(-1), nasty);
  assert.is(words.at(-2), "-i");
  const allowed = words[words.indexOf("-protocol_whitelist") + 1].split(",");
  assert.not(allowed.includes("file"));
  assert.not(allowed.includes("concat"));
  assert.is(streamArguments("icy://host/stream").at(-1), "http://host/stream");
  assert.ok(streamArguments("rtsp://host/live").join(" ").startsWith("-protocol_whitelist rtsp,"));
  assert.equal(deviceArguments("default", "linux"), ["-f", "alsa", "-i", "default"]);
  assert.equal(deviceArguments("hw:1,0", "linux"), ["-f", "alsa", "-i", "hw:1,0"]);
  assert.equal(deviceArguments("pulse:a:b", "linux"), ["-f", "pulse", "-i", "a:b"]);
  assert.equal(deviceArguments("Microphone", "win32"), ["-f", "dshow", "-i", "audio=Microphone"]);
  assert.equal(deviceArguments("0", "darwin"), ["-f", "avfoundation", "-i", ":0"]);
  assert.throws(() => deviceArguments("x", "sunos"), /device:pulse:default/);
});

test("without ffmpeg the error says where to get it", async () => {
  try {
    await checkFfmpeg("no-such-program-here");
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /need ffmpeg.*apt-get install ffmpeg/);
  }
});

test("a stream that cannot be opened is tried again for ever, later and later, until it is told to stop", async () => {
  const waits: number[] = [];
  const stop = new AbortController();
  const details: string[] = [];
  const input = ffmpegInput("x", "http://host/", ["-i", "http://host/"], {
    program: "no-such-program-here",
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
      if (waits.length === 8) stop.abort();
    },
  });
  const report: InputReport = {
    ...QUIET,
    state: (state, detail) => state === "waiting" && details.push(detail ?? ""),
  };
  for await (const _ of input.stretches(report, stop.signal)) assert.unreachable();
  assert.equal(waits, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  assert.match(details[0], /ENOENT.*next try in 1 s/);
});

test("back-off is spread by chance", () => {
  const times = [0, 0.5, 1].map((chance) => backOffMs(3, { firstMs: 100, longestMs: 500 }, () => chance));
  assert.equal(times, [250, 500, 750]);
});

test("standard input is read to its end", async () => {
  const bytes = Buffer.alloc(2000);
  for (let n = 0; n < 1000; n++) bytes.writeInt16LE(n, 2 * n);
  const stream = Readable.from([bytes.subarray(0, 777), bytes.subarray(777)]);
  const input = stdinInput("stdin", OPTIONS.pcm, stream);
  const samples: number[] = [];
  for await (const { blocks } of input.stretches(QUIET, new AbortController().signal)) {
    for await (const block of blocks) samples.push(...block);
  }
  assert.is(samples.length, 1000);
  assert.is(samples[999], Math.fround(999 / 32768));
});

test("a watched folder gives each file once, when it has stopped growing, and none that was heard before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "listenable-monitor-"));
  const wav = (samples: number) => writeWav([new Float32Array(samples)], 16_000);
  await writeFile(join(folder, "a.wav"), wav(100));
  await writeFile(join(folder, "notes.txt"), "no sound");
  await writeFile(join(folder, "broken.wav"), "no sound either");
  const heard = new HeardInMemory();
  const stop = new AbortController();
  let polls = 0;
  const failed: string[] = [];
  const input = folderInput("yard", folder, {
    watch: true,
    heard,
    now: () => 10_000 * polls,
    sleep: async () => {
      polls++;
      if (polls === 2) {
        await mkdir(join(folder, "sub"));
        await writeFile(join(folder, "sub", "b.wav"), wav(100));
      }
      // Still growing.
      if (polls === 3) await writeFile(join(folder, "sub", "b.wav"), wav(200));
      if (polls === 6) stop.abort();
    },
  });
  const files: [string | undefined, number, number][] = [];
  const report = { ...QUIET, failed: (message: string) => failed.push(message) };
  for await (const { file, blocks, onKept } of input.stretches(report, stop.signal)) {
    let samples = 0;
    for await (const block of blocks) samples += block.length;
    files.push([file, polls, samples]);
    onKept?.({ ...BEGINNING, seconds: samples / 16_000 }, true);
  }
  assert.equal(files, [
    ["a.wav", 1, 100],
    [join("sub", "b.wav"), 4, 200],
  ]);
  assert.is(failed.length, 1);
  assert.match(failed[0], /broken\.wav/);
  const again = new AbortController();
  const second = folderInput("yard", folder, { watch: true, heard, sleep: async () => again.abort() });
  for await (const _ of second.stretches(QUIET, again.signal)) assert.unreachable();
});

test.run();
