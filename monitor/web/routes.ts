/** What the monitor answers over HTTP: pages, events, reviews, labels, live sound, metrics. */
import type { ServerResponse } from "node:http";
import { join, relative, sep } from "node:path";
import * as v from "valibot";
import {
  ACCESS_ROUTE,
  type Exchange,
  HttpError,
  notFound,
  Places,
  type Route,
  readJson,
  sendFile,
  sendJson,
  sendPieces,
  sendText,
} from "../../server/http/index.ts";
import { EVENT_FILES, type EventFile, isEventId } from "../event.ts";
import type { EventStream } from "../outputs/event-stream.ts";
import { LIVE_SOUNDS, type LiveAudio, MOST_LISTENERS } from "../outputs/live-audio.ts";
import {
  type EventPage,
  type MonitorEvent,
  type MonitorHealth,
  type MonitorStatus,
  REVIEWS,
} from "../protocol.ts";
import type { StoredEvent } from "../storage/event-rows.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { EventQuery } from "../storage/query.ts";
import { eventQueryOf } from "./event-query.ts";
import { LABEL_FILES, labelsOfFew } from "./labels.ts";

interface MonitorRouteParts {
  /** Folder of the built pages. */
  readonly pages: string;
  readonly store: EventStore;
  readonly stream: EventStream;
  readonly live: ReadonlyMap<string, LiveAudio>;
  readonly status: () => MonitorStatus;
  readonly health: () => MonitorHealth;
  readonly metrics: () => Promise<string>;
  /** Reviews are refused, and neither addresses of inputs nor metrics are shown. */
  readonly readOnly: boolean;
  readonly liveAudio: boolean;
  /** Whether metrics have tokens of their own; else whoever sees the events sees them. */
  readonly metricsApart: boolean;
  readonly now?: () => number;
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const MOST_BODY = 16 * 1024;
/** Each takes turns with all others. */
const MOST_SEARCHES = 128;
/** Which may last as long as their clients read. */
const MOST_EXPORTS = 32;

/** The pages themselves are no secret; what was heard is for bearers of a token, where the monitor asks for one. */
export function monitorRoutes(parts: MonitorRouteParts): Route[] {
  const { pages, readOnly, metrics, metricsApart, health } = parts;
  const figures: Route = {
    method: "GET",
    path: "metrics",
    needs: metricsApart ? "figures" : "token",
    answer: async ({ response }) => sendText(response, await metrics(), METRICS_TYPE),
  };
  return [
    { method: "GET", path: "healthz", answer: ({ response }) => sendJson(response, health()) },
    ...(readOnly ? [] : [figures]),
    ACCESS_ROUTE,
    ...heardRoutes(parts).map((route): Route => ({ ...route, needs: "token" })),
    { method: "GET", path: "", answer: (exchange) => sendFile(join(pages, "index.html"), exchange) },
    { method: "GET", path: ":file", answer: (exchange, file) => sendFile(join(pages, file), exchange) },
  ];
}

function heardRoutes(parts: MonitorRouteParts): Route[] {
  const { store, status } = parts;
  const readers = new Places(MOST_READERS);
  const listeners = new Map([...parts.live.keys()].map((input) => [input, new Places(MOST_LISTENERS)]));
  const searches = new Places(MOST_SEARCHES);
  const exports = new Places(MOST_EXPORTS);
  return [
    { method: "GET", path: "api/status", answer: ({ response }) => sendJson(response, status()) },
    { method: "GET", path: "api/stream", answer: (exchange) => follow(parts.stream, readers, exchange) },
    { method: "GET", path: "api/events", answer: (exchange) => list(store, searches, exchange) },
    {
      method: "GET",
      path: "api/events/:id",
      answer: ({ response }, id) => {
        const { event, review } = found(store, id);
        sendJson(response, { event, review });
      },
    },
    {
      method: "GET",
      path: "api/events/:id/:file",
      answer: (exchange, id, file) => sendEventFile(store, id, file, exchange),
    },
    {
      method: "POST",
      path: "api/events/:id/review",
      answer: (exchange, id) => review(parts, id, exchange),
    },
    {
      method: "GET",
      path: "api/labels/:file",
      answer: (exchange, file) => labels(store, exports, file, exchange),
    },
    {
      method: "GET",
      path: "live/:input/:file",
      answer: (exchange, input, file) => liveSound(parts, listeners, input, file, exchange),
    },
  ];
}

/** Pages that follow the monitor at the same time. */
const MOST_READERS = 128;

function follow(stream: EventStream, places: Places, exchange: Exchange): void {
  places.take(exchange, "pages follow the monitor");
  stream.add(exchange.response);
}

async function list(store: EventStore, searches: Places, exchange: Exchange): Promise<void> {
  const { query, response, request } = exchange;
  const wanted = eventQueryOf(query);
  if (request.method === "HEAD") return sendNothing(response);
  searches.take(exchange, "searches run");
  const { events, total } = await store.search.page(wanted, () => response.destroyed);
  const listed = events.map(({ event, review }) => ({ event, review }));
  sendJson(response, { events: listed, total } satisfies EventPage);
}

/** To a HEAD: how long the answer would be takes as much work as the answer. */
function sendNothing(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
  response.end();
}

function found(store: EventStore, id: string): StoredEvent {
  const event = isEventId(id) ? store.get(id) : undefined;
  if (!event) throw notFound("There is no such event; it may have been too old to keep.");
  return event;
}

function sendEventFile(
  store: EventStore,
  id: string,
  file: string,
  exchange: Exchange,
): void | Promise<void> {
  const { event } = found(store, id);
  const kind = Object.entries(EVENT_FILES).find(([, name]) => name === file)?.[0] as EventFile | undefined;
  if (!kind) throw notFound();
  // The file may be older than a name that an input has got since.
  if (kind === "json") return sendJson(exchange.response, event);
  return sendFile(store.file(id, kind), exchange);
}

async function labels(store: EventStore, exports: Places, file: string, exchange: Exchange): Promise<void> {
  const wanted = LABEL_FILES.get(file);
  if (!wanted) throw notFound("Labels are at labels.csv, labels.json and labels.txt (Audacity).");
  const query = eventQueryOf(exchange.query);
  if (exchange.request.method !== "HEAD") exports.take(exchange, "files of labels are being sent");
  exchange.response.setHeader("Content-Disposition", `attachment; filename="${file}"`);
  await sendPieces(exchange, wanted.pieces(labelsIn(store, query)), `${wanted.type}; charset=utf-8`);
}

/** All that the filters let through, a few at a time: an event may have hundreds. */
async function* labelsIn(store: EventStore, query: EventQuery) {
  const clipOf = ({ id }: MonitorEvent) =>
    relative(store.folder, store.file(id, "clip")).split(sep).join("/");
  for await (const events of store.search.all(query)) {
    yield* labelsOfFew(events, clipOf, () => store.search.turn());
  }
}

const reviewSchema = v.object({ review: v.nullable(v.picklist(REVIEWS)) });

async function review(
  { store, readOnly, now = Date.now }: MonitorRouteParts,
  id: string,
  exchange: Exchange,
): Promise<void> {
  if (readOnly) throw new HttpError(403, "These pages are read-only.");
  const body = v.safeParse(reviewSchema, await readJson(exchange, MOST_BODY));
  if (!body.success) throw new HttpError(400, `review must be one of ${REVIEWS.join(", ")}, or null.`);
  found(store, id);
  store.review(id, body.output.review, now());
  sendJson(exchange.response, { review: body.output.review });
}

function liveSound(
  { live, liveAudio }: MonitorRouteParts,
  listeners: ReadonlyMap<string, Places>,
  input: string,
  file: string,
  exchange: Exchange,
): void {
  const { response } = exchange;
  const audio = live.get(input);
  const sound = LIVE_SOUNDS.find((each) => `${each}.wav` === file);
  if (!audio || !sound) throw notFound("There is no such input, or it has no such sound.");
  if (!liveAudio) throw new HttpError(403, "Live listening is off: start the monitor with --live-audio.");
  listeners.get(input)?.take(exchange, "listen to this input");
  response.setHeader("Content-Type", "audio/wav");
  response.setHeader("Cache-Control", "no-store");
  response.flushHeaders();
  audio.add(sound, response);
}
