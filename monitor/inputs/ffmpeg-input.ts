/**
 * Streams and sound devices, through the machine's own ffmpeg. It is started with a list of arguments, never through a
 * shell, and may open nothing but the protocols of its address. Whatever happens to it, it is started again.
 */
import { spawn } from "node:child_process";
import { passwordHint, shownAddress, shownWord } from "../../protocol/shown-address.ts";
import { endless, type Patience } from "./endless.ts";
import { Connection, type ConnectionOptions } from "./ffmpeg-connection.ts";
import { mayOpen } from "./followed-hosts.ts";
import type { Input, Stretch } from "./input.ts";

class FfmpegMissing extends Error {
  override name = "FfmpegMissing";
}

export interface FfmpegOptions extends Patience, ConnectionOptions {
  /** Hosts that addresses may lead to besides their own, as `parseFollowTo` gives them. */
  readonly followTo?: readonly string[] | undefined;
}

/** What ffmpeg may open for an address: a playlist that names a file of this machine is refused. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  // No https: behind a gate that takes httpproxy, which a playlist can name with whatever machine it likes.
  http: "http,tcp,crypto",
  https: "http,https,tcp,tls,crypto,httpproxy",
  rtsp: "rtsp,rtp,srtp,tcp,tls,udp",
  rtsps: "rtsp,rtsps,rtp,srtp,tcp,tls,udp",
  rtmp: "rtmp,rtmps,rtmpt,tcp,tls",
};
const STREAM_SCHEMES = [...Object.keys(PROTOCOLS), "icy"];

/**
 * @param followTo whether it may lead to other hosts, which may be https where it is http.
 * @throws Error when the scheme is none of `STREAM_SCHEMES`, or the address is none.
 */
export function streamArguments(address: string, followTo = false): string[] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1].toLowerCase() ?? "";
  // Icecast's own scheme is HTTP by another name.
  const url = scheme === "icy" ? address.replace(/^icy/i, "http") : address;
  const plain = scheme === "icy" || scheme === "http";
  const protocols = PROTOCOLS[plain ? (followTo ? "https" : "http") : scheme];
  if (protocols === undefined) {
    throw new Error(
      `${shownAddress(address)} has the scheme "${scheme}"; streams have ${STREAM_SCHEMES.join(", ")}`,
    );
  }
  if (!URL.canParse(url)) {
    throw new Error(`${shownAddress(address)} is no address that can be opened${passwordHint(address)}`);
  }
  return ["-protocol_whitelist", protocols, ...manners(scheme), "-i", url];
}

function manners(scheme: string): string[] {
  // Cameras that only send UDP refuse TCP, which gets through where UDP does not. Nobody sees the video: it is not sent.
  if (scheme.startsWith("rtsp")) return ["-rtsp_flags", "prefer_tcp", "-allowed_media_types", "audio"];
  if (scheme === "rtmp") return [];
  // What is sound alone needs no five seconds to be known.
  return ["-analyzeduration", "1500000"];
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
      const address = open[open.length - 1]!;
      // Where a password ends what looks like the machine's name, it is asked for at another one.
      const hint = shownAddress(address).endsWith("://…") ? passwordHint(address) : "";
      const leads = address.includes("://")
        ? { http: /^https?:/i.test(address), mayOpen: mayOpen(address, options.followTo) }
        : undefined;
      async function* connected(wentWell: () => void): AsyncGenerator<Stretch> {
        report.state("connecting");
        const connection = await Connection.open(open, leads, report, signal, options);
        try {
          yield* connection.stretches();
        } finally {
          await connection.close();
        }
        if (connection.heard) wentWell();
        throw new Error(connection.problem(addresses) + hint);
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
