/** Starts the server of a study. */
import pino, { type Logger } from "pino";
import { lockFolder } from "../server/folder-lock.ts";
import { type AccessOptions, HttpServer } from "../server/http/index.ts";
import { closeToOthers, makePrivateFolder } from "../server/private-files.ts";
import { ANSWERS_FILE } from "./answers.ts";
import { Participants } from "./participants.ts";
import { type OpenStudy, STUDY_FILE } from "./study-file.ts";
import { studyRoutes } from "./study-routes.ts";

export interface StudyServerOptions extends AccessOptions {
  readonly open: OpenStudy;
  /** Folder of the answers; made when it is not there. */
  readonly results: string;
  readonly publicFolder: string;
  /** 0 takes any free one. Default: 8081. */
  readonly port?: number;
  /** Default: this machine alone. */
  readonly host?: string;
  readonly log?: Logger;
  /** Default: the computer's clock. */
  readonly now?: () => Date;
}

/** A class of students that begins at once comes from one address: more than an address needs otherwise. */
const ADDRESS_LIMITS = { requestsPerSecond: 500, connectionsPerMinute: 600 };
const OF_STUDY = new Set([STUDY_FILE, "sounds", "preparation.json", "results", ANSWERS_FILE, "report"]);
/** Answers that are on their way at the end still get to the disk. */
const GRACE_MS = 1_000;
const LOOK_MS = 5_000;

export interface StudyServer {
  /** "http://127.0.0.1:8081/study" */
  readonly url: string;
  readonly port: number;
  /** Who had joined when it started. */
  readonly participants: number;
  /** Reads certificate and tokens again; what cannot be used is logged, and the old ones stay. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** What `prepare`, `serve` and `report` make. */
function isOfStudy(name: string): boolean {
  return OF_STUDY.has(name) || name.startsWith("study.lock");
}

/** @throws JournalError when the results do not fit the study; as `HttpServer.open` when the port can't be had. */
export async function startStudyServer(options: StudyServerOptions): Promise<StudyServer> {
  const { open, results, publicFolder, port = 8081, log = pino({ level: "silent" }) } = options;
  await makePrivateFolder(results);
  const unlock = lockFolder(results, { of: "study", option: "--results" });
  let participants: Participants | undefined;
  let http: HttpServer;
  try {
    for (const folder of [open.folder, results]) closeToOthers(folder, isOfStudy, (line) => log.warn(line));
    participants = await Participants.open(open, results, {
      log,
      ...(options.now ? { now: options.now } : {}),
    });
    const addressLimits = { ...ADDRESS_LIMITS, ...options.addressLimits };
    // It acts on what pages send: a name that somebody else points at this machine must not.
    http = await HttpServer.open({ ...options, port, addressLimits, knownNamesOnly: true, log });
  } catch (error) {
    await participants?.close();
    unlock();
    throw error;
  }
  const people = participants;
  http.serve(studyRoutes({ open, participants: people, publicFolder }));
  // Whoever looks after the study should hear of it while it can be put right, not at the next answer.
  const looking = setInterval(() => void people.look().catch(() => {}), LOOK_MS).unref();
  const close = async () => {
    clearInterval(looking);
    await http.close(GRACE_MS);
    await people.close();
    unlock();
  };
  let closing: Promise<void> | undefined;
  return {
    url: `${http.url}study`,
    port: http.port,
    participants: people.count,
    reload: () => http.reload(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
