/** Starts the server of a study. */

import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pino, { type Logger } from "pino";
import { lockFolder } from "../monitor/storage/folder-lock.ts";
import { Participants } from "./participants.ts";
import { studyApp } from "./study-app.ts";
import type { OpenStudy } from "./study-file.ts";

export interface StudyServerOptions {
  readonly open: OpenStudy;
  /** Folder of the answers; made when it is not there. */
  readonly results: string;
  readonly publicFolder: string;
  /** 0 takes any free one. Default: 8081. */
  readonly port?: number;
  /** Default: this machine alone. */
  readonly host?: string;
  readonly log?: Logger;
}

export interface StudyServer {
  /** "http://127.0.0.1:8081/study" */
  readonly url: string;
  readonly port: number;
  /** Who had joined when it started. */
  readonly participants: number;
  close(): Promise<void>;
}

/** @throws JournalError when the results do not fit the study; the system's error when the port can't be had. */
export async function startStudyServer(options: StudyServerOptions): Promise<StudyServer> {
  const { open, results, publicFolder, port = 8081, host = "127.0.0.1" } = options;
  const log = options.log ?? pino({ level: "silent" });
  await mkdir(results, { recursive: true });
  const unlock = lockFolder(results, { of: "study", option: "--results" });
  let participants: Participants | undefined;
  const http = createServer({ keepAliveTimeout: 5_000, requestTimeout: 30_000 });
  try {
    participants = await Participants.open(open, results);
    http.on("request", studyApp({ open, participants, publicFolder, log }));
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await participants?.close();
    unlock();
    throw error;
  }
  http.on("error", (error) => log.error({ err: error }, "the server's socket failed"));
  const address = http.address() as AddressInfo;
  const name = address.address.includes(":") ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  const people = participants;
  const close = async () => {
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeIdleConnections();
      setTimeout(() => http.closeAllConnections(), 1_000).unref();
    });
    await people.close();
    unlock();
  };
  return {
    url: `http://${name}:${address.port}/study`,
    port: address.port,
    participants: people.count,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
