/** The options of `listenable monitor`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ChannelChoice, MOST_CHANNELS } from "../dsp/channel-choice.ts";
import { parseFollowTo } from "../monitor/inputs/followed-hosts.ts";
import { PCM_FORMATS, type PcmFormat } from "../monitor/inputs/pcm.ts";
import { checkBroker } from "../monitor/outputs/mqtt-broker.ts";
import { webhook } from "../monitor/outputs/webhook.ts";
import { type AccessWishes, addAccessOptions, addPortOptions } from "./access-options.ts";
import { UsageError } from "./errors.ts";
import {
  type CommonOptions,
  channelOption,
  packOption,
  positiveInteger,
  positiveNumber,
  type RUNTIMES,
  repeated,
  runtimeOption,
} from "./options.ts";

export interface MonitorCommandOptions extends CommonOptions, AccessWishes {
  data: string;
  pack: string;
  method?: string;
  runtime: keyof typeof RUNTIMES;
  rate: number;
  channels: number;
  channel: ChannelChoice;
  followTo: string[];
  format: PcmFormat;
  watch?: boolean;
  realTime?: boolean;
  stride: number;
  threshold: Thresholds;
  confirm: { hits: number; of: number };
  gap: number;
  coolDown: number;
  longest: number;
  floor: number;
  before: number;
  after: number;
  discard: ReadonlyMap<string, number>;
  keepDays?: number;
  keepGb?: number;
  keepClass: ReadonlyMap<string, number>;
  webhook: string[];
  mqtt?: string;
  mqttTopic: string;
  mqttDiscovery: boolean;
  port?: number;
  host: string;
  public?: boolean;
  liveAudio?: boolean;
}

interface Thresholds {
  readonly usual?: number;
  readonly byLabel: ReadonlyMap<string, number>;
}

/** From here on speech and the like count as present: better a clip too few than a voice too many. */
const DISCARD_FROM = 0.3;

const EXAMPLES = `
Inputs: sound files and folders of them; - is PCM from standard input; http, https, icy, rtsp, rtsps and rtmp
addresses (Icecast, HLS, cameras) and device:NAME (a microphone as ffmpeg names it: device:default,
device:pulse:NAME) need ffmpeg on the PATH, are opened again for ever, and lose their oldest sound (counted)
when the analysis is behind. Files and standard input wait instead. In a password of an address write / as %2F,
? as %3F, # as %23 and @ as %40; of an address nothing but protocol, machine and port is shown or logged.
An address leads to its own machine and port alone, whatever it redirects to or its playlists name; --follow-to adds
others. Live sound is dated by when it came, also after pauses. Of several channels those are heard that hold sound
and do not cancel each other; --channel takes another, and the log tells what was found.

Each event gets a folder in DATA/events/DAY/ID with clip.wav, explanation.wav, rest.wav, picture.png and
event.json, and a row in DATA/monitor.db (SQLite). The badge says whether the classifier still names the class
in the explanation alone, and no longer in the rest: both faithful, one partly, none not.

Everything there is for its owner alone (0600 in 0700). The folders are what counts, with reviews beside their events:
a damaged database is renamed, kept and made anew of them while the monitor listens. Ages (--keep-days, --keep-class)
count the time that passed, whatever the computer's clock says.

Pages (--port) listen on this machine alone until --host says otherwise. With a token file they are opened as
https://HOST/#token=TOKEN. SIGHUP reads certificate and tokens again (docs/deployment.md).

Events are printed as they are explained: a line each, with --json an object each. The log goes to standard error.
Secrets are taken from the environment: LISTENABLE_WEBHOOK_SECRET signs web hooks (HMAC-SHA256),
LISTENABLE_MQTT_USER and LISTENABLE_MQTT_PASSWORD log in to the broker. docs/monitor.md has everything.

Examples:
  $ listenable monitor night.wav --data night
  $ listenable monitor recordings/ --watch --port 8090
  $ listenable monitor yard=rtsp://camera.local/live street=http://radio.local:8000/street --port 8090 --live-audio
  $ arecord -f S16_LE -r 16000 -c 1 -t raw | listenable monitor - --rate 16000 --format s16le
  $ listenable monitor device:default --threshold rooster=0.8 --discard speech --keep-days 30 --mqtt mqtt://localhost
`;

export function addMonitorOptions(command: Command): void {
  addInputOptions(command);
  addDetectorOptions(command);
  addKeepingOptions(command);
  addOutputOptions(command);
  addPageOptions(command);
  command.addHelpText("after", EXAMPLES);
}

function addInputOptions(command: Command): void {
  command
    .option("--data <dir>", "folder of the events; made if it is not there", "monitor-data")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .addOption(runtimeOption())
    .option("--rate <hertz>", "sampling rate of standard input", positiveInteger, 16_000)
    .option("--channels <number>", "channels of standard input", channelCount, 1)
    .addOption(channelOption())
    .option(
      "--follow-to <host>",
      "a further host that addresses may lead to by redirects and playlists: HOST, HOST:PORT, *.DOMAIN, or * for any; " +
        "can be given again (default: only their own)",
      followTo,
      [],
    )
    .addOption(
      new Option("--format <format>", "samples of standard input").choices([...PCM_FORMATS]).default("s16le"),
    )
    .option(
      "--watch",
      "wait for new files in folders, and for folders that are away; hear each file once, when it is finished",
    )
    .option("--real-time", "hear files no faster than they were recorded");
}

function channelCount(text: string): number {
  const count = positiveInteger(text);
  if (count > MOST_CHANNELS)
    throw new InvalidArgumentError(`${text} channels are more than ${MOST_CHANNELS}.`);
  return count;
}

function followTo(text: string, before: string[]): string[] {
  try {
    return [...before, parseFollowTo(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** When a class counts as heard, and where its event ends. */
function addDetectorOptions(command: Command): void {
  command
    .option(
      "--stride <seconds>",
      "from one decision to the next: a window, or a streaming pack's blocks",
      positiveNumber,
      0.25,
    )
    .option(
      "--threshold <[class=]probability>",
      "least probability, for all classes or one; can be given again (default: the pack's, class by class)",
      threshold,
      { byLabel: new Map() },
    )
    .option("--confirm <n/m>", "windows of m that must reach it", confirmation, { hits: 2, of: 3 })
    .option("--gap <seconds>", "pause that ends an event", positiveNumber, 1)
    .option("--cool-down <seconds>", "after an event of a class, before it may open another", seconds, 3)
    .option("--longest <seconds>", "longer events are cut", positiveNumber, 60)
    .option("--floor <decibels>", "fainter sound, in dB of full scale, counts as silence", level, -60);
}

/** What is kept of an event, and for how long. */
function addKeepingOptions(command: Command): void {
  command
    .option("--before <seconds>", "kept before each event", seconds, 2)
    .option("--after <seconds>", "kept after each event", seconds, 2)
    .option(
      "--discard <class[=probability]>",
      `keep no clip in which this class may be present (from ${DISCARD_FROM} on); can be given again`,
      (text: string, before: ReadonlyMap<string, number>) => withPair(text, before, share, DISCARD_FROM),
      new Map(),
    )
    .option("--keep-days <number>", "remove events after so many days", positiveNumber)
    .option("--keep-gb <number>", "remove the oldest events beyond this space", positiveNumber)
    .option(
      "--keep-class <class=days>",
      "another age for this class; can be given again",
      (text: string, before: ReadonlyMap<string, number>) => withPair(text, before, positiveNumber),
      new Map(),
    );
}

function addOutputOptions(command: Command): void {
  command
    .option(
      "--webhook <url>",
      "post every event there; can be given again",
      (text: string, before: string[]) => repeated(checked("--webhook", text, webhook), before),
      [],
    )
    .option("--mqtt <url>", "publish events to this broker: mqtt://host:1883 or mqtts://host:8883", (text) =>
      checked("--mqtt", text, checkBroker),
    )
    .option("--mqtt-topic <topic>", "first part of the topics", topic, "listenable")
    .option("--no-mqtt-discovery", "don't announce the inputs to Home Assistant");
}

function addPageOptions(command: Command): void {
  addPortOptions(command);
  addAccessOptions(command)
    .option(
      "--metrics-token-file <file>",
      "who shows one of its tokens may read /metrics (else whoever sees the events)",
    )
    .option("--public", "pages are read-only, and show neither addresses of inputs nor metrics")
    .option("--live-audio", "let pages listen to the inputs, not to events alone");
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError(`"${text}" is not a probability: a number from 0 to 1.`);
}

/** An address that its output would take. Commander would repeat one that it would not, secrets and all. */
function checked(option: string, text: string, check: (text: string) => unknown): string {
  try {
    check(text);
    return text;
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

function topic(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (text !== "" && !/[+#\u0000-\u001f]|^\/|\/$/.test(text)) return text;
  throw new InvalidArgumentError(
    `"${text}" is not a topic: listenable, or home/listenable, without + and #.`,
  );
}

function level(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= -100 && value <= 0) return value;
  throw new InvalidArgumentError(`"${text}" is not a level: a number of decibels from -100 to 0.`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 3600) return value;
  throw new InvalidArgumentError(`"${text}" is not a number of seconds from 0 to 3600.`);
}

function threshold(text: string, before: Thresholds): Thresholds {
  if (!text.includes("=")) return { ...before, usual: share(text) };
  return { ...before, byLabel: withPair(text, before.byLabel, share) };
}

/** `class=value`; without a value the usual one, where there is one. */
function withPair(
  text: string,
  before: ReadonlyMap<string, number>,
  parse: (text: string) => number,
  usual?: number,
): ReadonlyMap<string, number> {
  const [label, value, ...more] = text.split("=");
  if (label === "" || more.length > 0 || (value === undefined && usual === undefined)) {
    throw new InvalidArgumentError(`"${text}" is not CLASS=NUMBER.`);
  }
  return new Map([...before, [label, value === undefined ? (usual as number) : parse(value)]]);
}

function confirmation(text: string): { hits: number; of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [hits, of] = [Number(match?.[1]), Number(match?.[2])];
  if (hits >= 1 && of >= hits && of <= 100) return { hits, of };
  throw new InvalidArgumentError(`"${text}" is not N/M with 1 ≤ N ≤ M ≤ 100, as in 2/3.`);
}
