/**
 * Streams and sound devices, through the machine's own ffmpeg. It is started with a list of arguments, never through a
 * shell, and may open nothing but the protocols of its address. Whatever happens to it, it is started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { passwordHint, shownAddress, shownWord, withoutSecrets } from "../../protocol/shown-address.ts";
import { endless, type Patience } from "./endless.ts";
import type { Input, InputReport, Stretch } from "./input.ts";
import { LiveQueue } from "./live-queue.ts";
import { PcmDecoder } from "./pcm.ts";

class FfmpegMissing extends Error {
  override name = "FfmpegMissing";
}

export interface FfmpegOptions extends Patience {
  /** The program; "ffmpeg" on the PATH when absent. */
  readonly program?: string;
  /** Seconds of sound that may wait for their analysis. Default 10. */
  readonly queueSeconds?: number;
  /** Seconds without a sample after which the connection counts as stalled. Default 15. */
  readonly stallSeconds?: number;
}

/** Characters that are kept of what ffmpeg says: its last line is whole then, with whatever address stands in it. */
const COMPLAINT = 8000;

/** In Hz: all that most people hear, at two thirds of the space. */
const STREAM_RATE = 32_000;

/** What ffmpeg may open for an address: a playlist that names a file of this machine is refused. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  http: "http,https,tcp,tls,crypto,httpproxy",
  https: "http,https,tcp,tls,crypto,httpproxy",
  rtsp: "rtsp,rtp,srtp,tcp,tls,udp",
  rtsps: "rtsp,rtsps,rtp,srtp,tcp,tls,udp",
  rtmp: "rtmp,rtmps,rtmpt,tcp,tls",
};
const STREAM_SCHEMES = [...Object.keys(PROTOCOLS), "icy"];

/** @throws Error when the scheme is none of `STREAM_SCHEMES`, or the address is none. */
export function streamArguments(address: string): string[] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1].toLowerCase() ?? "";
  // Icecast's own scheme is HTTP by another name.
  const url = scheme === "icy" ? address.replace(/^icy/i, "http") : address;
  const protocols = PROTOCOLS[scheme === "icy" ? "http" : scheme];
  if (protocols === undefined) {
    throw new Error(
      `${shownAddress(address)} has the scheme "${scheme}"; streams have ${STREAM_SCHEMES.join(", ")}`,
    );
  }
  if (!URL.canParse(url)) {
    throw new Error(`${shownAddress(address)} is no address that can be opened${passwordHint(address)}`);
  }
  // Cameras that only send UDP refuse TCP, which gets through where UDP does not.
  const transport = scheme.startsWith("rtsp") ? ["-rtsp_flags", "prefer_tcp"] : [];
  return ["-protocol_whitelist", protocols, ...transport, "-i", url];
}

const DEVICE_FORMATS: Readonly<Record<string, string>> = {
  linux: "alsa",
  darwin: "avfoundation",
  win32: "dshow",
};
const KNOWN_FORMATS = ["alsa", "pulse", "jack", "avfoundation", "dshow"];

/** `device` is a name as ffmpeg knows it, with "alsa:" or "pulse:" and the like before it to choose the system. */
export function deviceArguments(device: string, platform: string = process.platform): string[] {
  const [first, ...more] = device.split(":");
  const named = KNOWN_FORMATS.includes(first) && more.length > 0;
  const format = named ? first : DEVICE_FORMATS[platform];
  if (format === undefined) {
    throw new Error(
      `device:${device}: name the sound system too, as in device:pulse:default (${KNOWN_FORMATS.join(", ")})`,
    );
  }
  const name = named ? more.join(":") : device;
  const spelled =
    format === "dshow" ? `audio=${name}` : format === "avfoundation" ? `:${name.replace(/^:/, "")}` : name;
  return ["-f", format, "-i", spelled];
}

/** @param open from `streamArguments` or `deviceArguments`. */
export function ffmpegInput(
  name: string,
  source: string,
  open: readonly string[],
  options: FfmpegOptions = {},
): Input {
  return {
    name,
    source: shownWord(source),
    live: true,
    stretches(report, signal) {
      // ffmpeg repeats its address, and parts of it, in what it complains of.
      const addresses = [source, ...open].filter((word) => word.includes("://"));
      async function* connected(wentWell: () => void): AsyncGenerator<Stretch> {
        report.state("connecting");
        const connection = new Connection(open, report, signal, options);
        try {
          yield* connection.stretches();
        } finally {
          await connection.close();
        }
        if (connection.heard) wentWell();
        throw new Error(withoutSecrets(connection.problem, addresses));
      }
      return endless(report, signal, connected, options);
    },
  };
}

/** Rejects with FfmpegMissing, which says where to get it. */
export async function checkFfmpeg(program = "ffmpeg"): Promise<void> {
  const child = spawn(program, ["-version"], { stdio: "ignore", windowsHide: true });
  await new Promise<void>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(
        new FfmpegMissing(
          `streams and sound devices need ffmpeg, and there is no "${program}" on the PATH: install it ` +
            "(Debian: apt-get install ffmpeg, macOS: brew install ffmpeg, Windows: winget install ffmpeg)",
          { cause },
        ),
      ),
    );
    child.once("close", () => resolve());
  });
}

class Connection {
  readonly #child: ChildProcess;
  readonly #queue: LiveQueue;
  readonly #closed: Promise<unknown>;
  #complaint = "";
  #stalled = false;
  #watchdog: NodeJS.Timeout;
  /** Whether any sound came. */
  heard = false;

  constructor(
    open: readonly string[],
    report: InputReport,
    private readonly signal: AbortSignal,
    options: FfmpegOptions,
  ) {
    const { program = "ffmpeg", queueSeconds = 10, stallSeconds = 15 } = options;
    const output = ["-map", "0:a:0", "-ac", "1", "-ar", `${STREAM_RATE}`, "-f", "f32le", "pipe:1"];
    const child = spawn(program, ["-hide_banner", "-nostdin", "-loglevel", "error", ...open, ...output], {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    this.#queue = new LiveQueue(queueSeconds * STREAM_RATE, (samples) =>
      report.dropped(samples / STREAM_RATE),
    );
    const decoder = new PcmDecoder("f32le", 1);
    const watch = () =>
      setTimeout(() => {
        this.#stalled = true;
        child.kill("SIGKILL");
      }, 1000 * stallSeconds);
    this.#watchdog = watch();
    child.stdout!.on("data", (bytes: Buffer) => {
      clearTimeout(this.#watchdog);
      this.#watchdog = watch();
      if (!this.heard) report.state("running");
      this.heard = true;
      this.#queue.push(decoder.push(bytes));
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT);
    });
    child.on("error", (error) => {
      this.#complaint = error.message;
      this.#queue.end();
    });
    this.#closed = once(child, "close").catch(() => {});
    void this.#closed.then(() => this.#queue.end());
    signal.addEventListener("abort", this.#kill, { once: true });
  }

  /** Why it ended, for people. */
  get problem(): string {
    if (this.#stalled) return "no sound came any more";
    const line = this.#complaint.trim().split("\n").at(-1) ?? "";
    return line === "" ? "the stream ended" : line;
  }

  /** A new one begins wherever sound was thrown away. */
  async *stretches(): AsyncGenerator<Stretch> {
    const queue = this.#queue;
    /** What ended the stretch before; "end" too when nobody read it to its end. */
    let left: "gap" | "end" = "gap";
    async function* blocks(first: Float32Array): AsyncGenerator<Float32Array> {
      left = "end";
      for (let piece: Awaited<ReturnType<LiveQueue["read"]>> = first; ; piece = await queue.read()) {
        if (piece === "gap" || piece === "end") {
          left = piece;
          return;
        }
        yield piece;
      }
    }
    while (left === "gap") {
      const first = await queue.read();
      if (first === "end") return;
      if (first === "gap") continue;
      const behindMs = (1000 * (first.length + queue.length)) / STREAM_RATE;
      left = "end";
      yield { sampleRate: STREAM_RATE, startedAt: new Date(Date.now() - behindMs), blocks: blocks(first) };
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#watchdog);
    this.signal.removeEventListener("abort", this.#kill);
    this.#kill();
    await this.#closed;
    clearTimeout(this.#watchdog);
  }

  readonly #kill = () => {
    this.#child.kill("SIGKILL");
  };
}
