/** The study over HTTP: page, sounds and answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Logger } from "pino";
import { RateLimit } from "../server/http/rate-limit.ts";
import { securityHeaders } from "../server/http/security-headers.ts";
import { sendFile } from "../server/http/send-file.ts";
import { pathSegments } from "../server/http-app.ts";
import { parseEvent } from "./event-schema.ts";
import { NotAdmitted, type Participants } from "./participants.ts";
import { PARTICIPANT_ID } from "./protocol.ts";
import { allSounds, type OpenStudy, soundPath } from "./study-file.ts";

export interface StudyAppOptions {
  readonly open: OpenStudy;
  readonly participants: Participants;
  /** The built pages. */
  readonly publicFolder: string;
  readonly log: Logger;
}

/** A comment of the longest kind, in letters of four bytes. */
const MOST_BYTES = 16_384;
/** A page posts an answer or two a second; after a time without network it posts what has gathered. */
const ANSWERS_PER_SECOND = 10;
const ANSWER_BURST = 400;
/** People who join at once, as a class of students does, and then on average. */
const JOINS_PER_SECOND = 1;
const JOIN_BURST = 100;
/** Files outside `study/` that the page uses. */
const SHARED_FILES = new Set(["page.css", "icon.svg"]);

/** An answer other than 200, with a text for people. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function studyApp(
  options: StudyAppOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = new StudyApp(options);
  return (request, response) => {
    app.answer(request, response).catch((error) => {
      if (!(error instanceof Refusal))
        options.log.error({ err: error, url: request.url }, "a request failed");
      const { status, message } =
        error instanceof Refusal
          ? error
          : new Refusal(500, "The server made a mistake; its log has the details.");
      if (response.headersSent) response.destroy();
      else sendJson(response, status, { error: message });
    });
  };
}

class StudyApp {
  readonly #sounds: ReadonlySet<string>;
  readonly #joins = new RateLimit(JOINS_PER_SECOND, JOIN_BURST, () => performance.now());
  /** By participant; only those who have joined get one. */
  readonly #answers = new Map<string, RateLimit>();

  constructor(private readonly options: StudyAppOptions) {
    this.#sounds = new Set(allSounds(options.open.study));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders(request.headers.host))) {
      response.setHeader(name, value);
    }
    const segments = pathSegments(request.url ?? "/");
    if (!segments) throw new Refusal(400, "The address is not one that this server could have.");
    if (segments[0] === "study" && segments[1] === "api") {
      return this.#api(segments.slice(2), request, response);
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      throw new Refusal(405, "Only GET and HEAD are answered here.");
    }
    if (!(await this.#file(segments, request, response))) {
      throw new Refusal(404, "There is nothing at this address.");
    }
  }

  async #file(
    segments: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> {
    const { publicFolder, participants, open } = this.options;
    const path = segments.join("/");
    if (path === "healthz") {
      const { count, finished } = participants;
      sendJson(response, 200, { status: "ok", study: open.study.name, participants: count, finished });
      return true;
    }
    const [bare, query = ""] = (request.url ?? "/").split("?");
    if (path === "" || (path === "study" && bare.endsWith("/"))) {
      // Relative, so that a proxy may put the study anywhere.
      const to = `${path === "" ? "" : "../"}study${query && `?${query}`}`;
      response.writeHead(302, { Location: to, "Content-Length": 0 }).end();
      return true;
    }
    if (path === "study") return sendFile(join(publicFolder, "study", "index.html"), request, response);
    if (segments[0] === "study" && segments[1] === "sounds") {
      const name = /^([0-9a-f]+)\.wav$/.exec(segments[2] ?? "")?.[1];
      if (segments.length !== 3 || name === undefined || !this.#sounds.has(name)) return false;
      return sendFile(soundPath(open.folder, name), request, response);
    }
    if (segments[0] === "study" || SHARED_FILES.has(path)) {
      return sendFile(join(publicFolder, ...segments), request, response);
    }
    return false;
  }

  async #api(segments: readonly string[], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [kind, id, last] = segments;
    const known =
      kind === "participants" && segments.length <= 3 && (last === undefined || last === "events");
    if (!known || !PARTICIPANT_ID.test(id ?? "")) throw new Refusal(404, "There is nothing at this address.");
    if (request.method !== "POST") {
      response.setHeader("Allow", "POST");
      throw new Refusal(405, "Only POST is answered here.");
    }
    // Other pages can't send this type without asking first, which is answered with 405.
    if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
      throw new Refusal(415, "Answers come as application/json.");
    }
    const body = await readBody(request);
    if (last === "events") return this.#event(id, body, response);
    return this.#join(id, response);
  }

  async #join(id: string, response: ServerResponse): Promise<void> {
    const { participants } = this.options;
    if (!participants.has(id) && !this.#joins.take(1)) {
      response.setHeader("Retry-After", "5");
      throw new Refusal(429, "Many people are joining; try again in a few seconds.");
    }
    try {
      sendJson(response, 200, await participants.join(id));
    } catch (error) {
      throw error instanceof NotAdmitted ? new Refusal(403, error.message) : error;
    }
  }

  async #event(id: string, body: string, response: ServerResponse): Promise<void> {
    const { participants } = this.options;
    if (!participants.has(id)) throw new Refusal(404, "Nobody of this name has joined.");
    const limit =
      this.#answers.get(id) ?? new RateLimit(ANSWERS_PER_SECOND, ANSWER_BURST, () => performance.now());
    this.#answers.set(id, limit);
    if (!limit.take(1)) {
      response.setHeader("Retry-After", "1");
      throw new Refusal(429, "Answers come too fast.");
    }
    const event = parseEvent(parsed(body), (problem) => {
      throw new Refusal(400, `The answer can't be understood: ${problem}`);
    });
    const answer = event && (await participants.take(id, event));
    if (answer) sendJson(response, answer.refused === undefined ? 200 : 409, answer);
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, "The answer is not JSON.");
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += (piece as Buffer).length;
    if (size > MOST_BYTES) throw new Refusal(413, `An answer has at most ${MOST_BYTES} bytes.`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}
