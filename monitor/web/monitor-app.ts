/** What the monitor answers over HTTP: pages, events, reviews, labels, live sound, metrics. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative, sep } from "node:path";
import * as v from "valibot";
import { EVENT_FILES, type EventFile, isEventId } from "../event.ts";
import type { EventStream } from "../outputs/event-stream.ts";
import { LIVE_SOUNDS, type LiveAudio, type LiveSound } from "../outputs/live-audio.ts";
import { type EventPage, type MonitorStatus, REVIEWS } from "../protocol.ts";
import type { EventStore } from "../storage/event-store.ts";
import { type EventQuery, MOST_EVENTS } from "../storage/query.ts";
import { type Label, labelsAudacity, labelsCsv, labelsOf } from "./labels.ts";
import { namesThisMachine, ownJson, RequestError, sendJson, sendText } from "./requests.ts";

/** What the server of the command line lends: the same headers and the same way to send files. */
export interface WebTools {
  readonly headers: (host: string | undefined) => Readonly<Record<string, string>>;
  /** @returns false, with nothing sent, when there is no such file. */
  readonly sendFile: (path: string, request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export interface MonitorAppParts {
  readonly tools: WebTools;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly store: EventStore;
  readonly stream: EventStream;
  readonly live: ReadonlyMap<string, LiveAudio>;
  readonly status: () => MonitorStatus;
  readonly metrics: () => Promise<string>;
  /** Reviews are refused, and neither addresses of inputs nor metrics are shown. */
  readonly readOnly: boolean;
  readonly liveAudio: boolean;
  /** Names of this machine that requests may have beside its addresses. */
  readonly allowedHosts: readonly string[];
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

export function monitorApp(parts: MonitorAppParts) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(parts, request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof RequestError) sendText(response, error.status, `${error.message}\n`);
      else {
        parts.log(`a request failed: ${error.message}`);
        sendText(response, 500, "The monitor made a mistake; its log has the details.\n");
      }
    });
  };
}

async function answer(
  parts: MonitorAppParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(parts.tools.headers(request.headers.host))) {
    response.setHeader(name, value);
  }
  if (!namesThisMachine(request.headers.host, parts.allowedHosts)) {
    throw new RequestError(403, "This name is not one of the monitor's: start it with --allow-host NAME.");
  }
  const url = new URL(request.url ?? "/", "http://monitor");
  const segments = segmentsOf(url);
  const [first, second, third] = segments;
  if (request.method === "POST") {
    if (first === "api" && second === "events" && segments.length === 4 && segments[3] === "review") {
      return review(parts, third, request, response);
    }
    throw new RequestError(404, "There is nothing at this address.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD, POST");
    throw new RequestError(405, "Only GET, HEAD and POST are answered here.");
  }
  if (first === "healthz") return sendJson(response, { status: "ok" });
  if (first === "metrics" && segments.length === 1 && !parts.readOnly) {
    return sendText(response, 200, await parts.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (first === "live" && segments.length === 3) return liveSound(parts, second, third, request, response);
  if (first === "api") return api(parts, segments.slice(1), url, request, response);
  if (
    segments.length <= 1 &&
    (await parts.tools.sendFile(join(parts.pages, first ?? "index.html"), request, response))
  ) {
    return;
  }
  throw new RequestError(404, "There is nothing at this address.");
}

function segmentsOf(url: URL): string[] {
  try {
    const segments = url.pathname
      .split("/")
      .filter((each) => each !== "")
      .map(decodeURIComponent);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (!segments.some((each) => each.startsWith(".") || /[/\\:\u0000-\u001f]/.test(each))) return segments;
  } catch {}
  throw new RequestError(400, "The address is not one that the monitor could have.");
}

async function api(
  parts: MonitorAppParts,
  segments: readonly string[],
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { store } = parts;
  const [first, id, file] = segments;
  const path = segments.join("/");
  if (path === "status") return sendJson(response, parts.status());
  if (path === "stream") {
    if (!parts.stream.add(response)) throw new RequestError(503, "Too many pages follow the monitor.");
    return;
  }
  if (path === "events") {
    const query = queryOf(url.searchParams);
    const events = store.find(query).map(({ event, review }) => ({ event, review }));
    return sendJson(response, { events, total: store.count(query) } satisfies EventPage);
  }
  if (first === "labels" && segments.length === 2) return labels(parts, id, url, response);
  if (first === "events" && isEventId(id ?? "")) {
    const found = store.get(id);
    if (!found) throw new RequestError(404, "There is no such event; it may have been too old to keep.");
    if (segments.length === 2) return sendJson(response, { event: found.event, review: found.review });
    const kind = Object.entries(EVENT_FILES).find(([, name]) => name === file)?.[0] as EventFile | undefined;
    if (
      kind &&
      segments.length === 3 &&
      (await parts.tools.sendFile(store.file(id, kind), request, response))
    )
      return;
  }
  throw new RequestError(404, "There is nothing at this address.");
}

const number = (least: number, most: number) =>
  v.pipe(v.string(), v.decimal(), v.transform(Number), v.minValue(least), v.maxValue(most));
const time = v.pipe(
  v.string(),
  v.transform((text) => Date.parse(text)),
  v.number(),
);
const word = v.pipe(v.string(), v.maxLength(200));

/** Of the addresses of the event list and the labels. Times are ISO 8601. */
const querySchema = v.object({
  label: v.optional(word),
  input: v.optional(word),
  from: v.optional(time),
  to: v.optional(time),
  confidence: v.optional(number(0, 1)),
  review: v.optional(v.picklist([...REVIEWS, "none", "any"])),
  badge: v.optional(v.picklist(["faithful", "partly", "not"])),
  text: v.optional(word),
  limit: v.optional(number(1, MOST_EVENTS)),
  before: v.optional(v.pipe(v.string(), v.check(isEventId))),
});

function queryOf(given: URLSearchParams): EventQuery {
  const filled = [...given].filter(([, value]) => value !== "");
  const result = v.safeParse(querySchema, Object.fromEntries(filled));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new RequestError(400, `${v.getDotPath(issue)}: ${issue.message}`);
}

function labels(parts: MonitorAppParts, file: string, url: URL, response: ServerResponse): void {
  const { store } = parts;
  const query = queryOf(url.searchParams);
  const events = [...pages(store, query)];
  const found = labelsOf(events, ({ id }) =>
    relative(store.folder, store.file(id, "clip")).split(sep).join("/"),
  );
  const [text, type] = labelFile(file, found);
  response.setHeader("Content-Disposition", `attachment; filename="${file}"`);
  sendText(response, 200, text, `${type}; charset=utf-8`);
}

function labelFile(file: string, found: readonly Label[]): [text: string, type: string] {
  if (file === "labels.csv") return [labelsCsv(found), "text/csv"];
  if (file === "labels.json") return [`${JSON.stringify(found, null, 1)}\n`, "application/json"];
  if (file === "labels.txt") return [labelsAudacity(found), "text/plain"];
  throw new RequestError(404, "Labels are at labels.csv, labels.json and labels.txt (Audacity).");
}

/** All that the filters let through. */
function* pages(store: EventStore, query: EventQuery) {
  let before = query.before;
  for (;;) {
    const page = store.find({ ...query, limit: MOST_EVENTS, before });
    yield* page;
    if (page.length < MOST_EVENTS) return;
    before = page[page.length - 1].event.id;
  }
}

const reviewSchema = v.object({ review: v.nullable(v.picklist(REVIEWS)) });

async function review(
  { store, readOnly, now = Date.now }: MonitorAppParts,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (readOnly) throw new RequestError(403, "These pages are read-only.");
  const body = v.safeParse(reviewSchema, await ownJson(request));
  if (!body.success) throw new RequestError(400, `review must be one of ${REVIEWS.join(", ")}, or null.`);
  if (!isEventId(id) || !store.review(id, body.output.review, now())) {
    throw new RequestError(404, "There is no such event; it may have been too old to keep.");
  }
  sendJson(response, { review: body.output.review });
}

function liveSound(
  { live, liveAudio }: MonitorAppParts,
  input: string,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const audio = live.get(input);
  const sound = LIVE_SOUNDS.find((each) => `${each}.wav` === file);
  if (!audio || !sound) throw new RequestError(404, "There is no such input, or it has no such sound.");
  if (!liveAudio) throw new RequestError(403, "Live listening is off: start the monitor with --live-audio.");
  response.setHeader("Content-Type", "audio/wav");
  response.setHeader("Cache-Control", "no-store");
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  response.flushHeaders();
  if (!audio.add(sound satisfies LiveSound, response)) {
    response.destroy();
  }
}
