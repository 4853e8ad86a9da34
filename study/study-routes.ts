/** The study over HTTP: page, sounds and answers. */
import { join } from "node:path";
import {
  ACCESS_ROUTE,
  type Exchange,
  HttpError,
  notFound,
  pathOf,
  RateLimits,
  type Route,
  readJson,
  searchOf,
  sendFile,
  sendJson,
} from "../server/http/index.ts";
import { parseEvent } from "./event-schema.ts";
import { NotAdmitted, type Participants } from "./participants.ts";
import { PARTICIPANT_ID } from "./protocol.ts";
import { NotSaved } from "./safe-keeping.ts";
import { allSounds, type OpenStudy, soundPath } from "./study-file.ts";

interface StudyRouteParts {
  readonly open: OpenStudy;
  readonly participants: Participants;
  /** The built pages. */
  readonly publicFolder: string;
}

/** A comment of the longest kind, in letters of four bytes. */
const MOST_BYTES = 16_384;
/** A page posts an answer or two a second; after a time without network it posts what has gathered. */
const ANSWERS_PER_SECOND = 10;
const ANSWER_BURST = 400;
/** People who join at once from one address, as a class of students does, and then on average. */
const JOINS_PER_SECOND = 1 / 6;
const JOIN_BURST = 100;
/** Files outside `study/` that the page uses. */
const SHARED_FILES = ["page.css", "icon.svg"];

/** The page itself is no secret; sounds and answers are for bearers of a token, where the study asks for one. */
export function studyRoutes({ open, participants, publicFolder }: StudyRouteParts): Route[] {
  const answers = new Answers(participants);
  return [
    {
      method: "GET",
      path: "healthz",
      answer: ({ request, response, guard }) => {
        const { count, finished, saves } = participants;
        const all = {
          status: saves ? "ok" : "not-saving",
          study: open.study.name,
          participants: count,
          finished,
        };
        sendJson(response, guard.admits(request) ? all : { status: all.status });
      },
    },
    ACCESS_ROUTE,
    {
      method: "POST",
      path: "study/api/participants/:id",
      needs: "token",
      answer: (exchange, id) => answers.join(id, exchange),
    },
    {
      method: "POST",
      path: "study/api/participants/:id/events",
      needs: "token",
      answer: (exchange, id) => answers.take(id, exchange),
    },
    { method: "GET", path: "study/sounds/:file", needs: "token", answer: soundsOf(open) },
    ...pageRoutes(publicFolder),
  ];
}

function pageRoutes(publicFolder: string): Route[] {
  const page = (...path: string[]) => join(publicFolder, ...path);
  return [
    { method: "GET", path: "", answer: (exchange) => redirect(exchange, "study") },
    {
      method: "GET",
      path: "study",
      slash: true,
      answer: (exchange) =>
        pathOf(exchange.request).endsWith("/")
          ? redirect(exchange, "../study")
          : sendFile(page("study", "index.html"), exchange),
    },
    {
      method: "GET",
      path: "study/:file",
      answer: (exchange, file) => sendFile(page("study", file), exchange),
    },
    ...SHARED_FILES.map(
      (file): Route => ({ method: "GET", path: file, answer: (exchange) => sendFile(page(file), exchange) }),
    ),
  ];
}

/** Relative, so that a proxy may put the study anywhere. */
function redirect({ request, response }: Exchange, to: string): void {
  response.writeHead(302, { Location: `${to}${searchOf(request)}`, "Content-Length": 0 }).end();
}

function soundsOf({ study, folder }: OpenStudy): Route["answer"] {
  const sounds = new Set(allSounds(study));
  return (exchange, file) => {
    const name = /^([0-9a-f]+)\.wav$/.exec(file)?.[1];
    if (name === undefined || !sounds.has(name)) throw notFound();
    return sendFile(soundPath(folder, name), exchange);
  };
}

/** What participants post, and how fast they may. */
class Answers {
  /** By address, of which one that joins without end keeps nobody else out. */
  readonly #joins = new RateLimits(JOINS_PER_SECOND, JOIN_BURST, () => performance.now());
  /** By participant; only those who have joined get one. */
  readonly #answers = new RateLimits(ANSWERS_PER_SECOND, ANSWER_BURST, () => performance.now());

  constructor(private readonly participants: Participants) {}

  async join(id: string, exchange: Exchange): Promise<void> {
    if (!PARTICIPANT_ID.test(id)) throw notFound();
    await readJson(exchange, MOST_BYTES);
    const address = exchange.guard.holderOf(exchange.request);
    if (!this.participants.has(id) && !this.#joins.take(address)) {
      throw tooFast("Many people are joining; try again in a few seconds.", 5);
    }
    const view = await this.participants.join(id, address).catch(refused);
    sendJson(exchange.response, view);
  }

  async take(id: string, exchange: Exchange): Promise<void> {
    if (!PARTICIPANT_ID.test(id)) throw notFound();
    const body = await readJson(exchange, MOST_BYTES);
    if (!this.participants.has(id)) throw notFound("Nobody of this name has joined.");
    if (!this.#answers.take(id)) throw tooFast("Answers come too fast.", 1);
    const event = parseEvent(body, (problem) => {
      throw new HttpError(400, `The answer can't be understood: ${problem}`);
    });
    const answer = event && (await this.participants.take(id, event).catch(refused));
    if (answer) sendJson(exchange.response, answer, answer.refused === undefined ? 200 : 409);
  }
}

function refused(error: Error): never {
  if (error instanceof NotAdmitted) throw new HttpError(403, error.message);
  if (error instanceof NotSaved) throw new HttpError(503, error.message, { "Retry-After": "5" });
  throw error;
}

function tooFast(message: string, retrySeconds: number): HttpError {
  return new HttpError(429, message, { "Retry-After": String(retrySeconds) });
}
