/** What Chromium itself records of its network: every request, socket and name of all its processes and workers. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What stands for bytes that go out, or for the wish to send some. */
const SENDING = [
  "URL_REQUEST_START_JOB",
  "WEBSOCKET_SENT_FRAME_HEADER",
  "SOCKET_BYTES_SENT",
  "UDP_BYTES_SENT",
  "TCP_CONNECT_ATTEMPT",
  "HOST_RESOLVER_MANAGER_REQUEST",
];

/** No name but this machine's leads anywhere, so that the browser's own errands end before a byte goes out. */
const ISOLATED = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost";
/** In whose name Chromium looks now and then whether somebody is signed in: not a page's doing. */
const BROWSERS_OWN = "https://google.com";

export interface NetEvent {
  /** Of the request, socket or job that it belongs to. */
  readonly source: number;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly params: string;
}

/** The events of a Chromium net log: first a line of constants, then one event a line. */
async function readNetLog(file: string): Promise<NetEvent[]> {
  const [first, ...lines] = (await readFile(file, "utf8")).split("\n");
  const { constants } = JSON.parse(`${first.replace(/,\s*$/, "")}}`) as {
    constants: { logEventTypes: Record<string, number>; timeTickOffset: number | string };
  };
  const names = new Map(Object.entries(constants.logEventTypes).map(([name, type]) => [type, name]));
  return lines.flatMap((line) => {
    if (!line.startsWith("{")) return [];
    const event = JSON.parse(line.replace(/[,\]}\s]*$/, (end) => end.replace(/[,\]\s]/g, ""))) as {
      type: number;
      time: string;
      source: { id: number };
      params?: unknown;
    };
    return {
      source: event.source.id,
      name: names.get(event.type) ?? String(event.type),
      at: Number(event.time) + Number(constants.timeTickOffset),
      params: JSON.stringify(event.params ?? {}),
    };
  });
}

export interface NetworkRecord {
  /** For Chromium's command line. */
  readonly args: readonly string[];
  /** All that was recorded, once the browser is gone, as it writes the end when it goes. */
  read(): Promise<NetEvent[]>;
  remove(): Promise<void>;
}

export async function networkRecord(): Promise<NetworkRecord> {
  const folder = await mkdtemp(join(tmpdir(), "listenable-net-"));
  const file = join(folder, "net.json");
  return {
    args: [`--log-net-log=${file}`, ISOLATED],
    read: () => readNetLog(file),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** A request is told when it begins, with its address, and when it ends. */
const endsRequest = (name: string, params: string) =>
  name === "URL_REQUEST_START_JOB" && !params.includes('"url"');

/** Of these events those in which something was sent, or should have been, from `from` to `to`; the browser's own errands left out. */
export function sentBetween(events: readonly NetEvent[], from: number, to: number): NetEvent[] {
  const own = new Set(
    events.filter(({ params }) => params.includes(BROWSERS_OWN)).map(({ source }) => source),
  );
  return events.filter(
    ({ name, at, source, params }) =>
      SENDING.includes(name) && !endsRequest(name, params) && at >= from && at <= to && !own.has(source),
  );
}

export const inWords = (events: readonly NetEvent[]) =>
  events.map(
    ({ name, params }) => `${name} ${/"url":"[^"]*"/.exec(params)?.[0] ?? ""} ${params.slice(0, 200)}`,
  );
