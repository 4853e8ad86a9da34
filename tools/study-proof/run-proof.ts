/**
 * A whole study with simulated participants: the real server, the real page in Chromium, known opinions, tabs that are closed
 * and a server that goes away in the middle. Returns what the report makes of it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { seededBy } from "../../lab/data/random.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { type Analysis, analyse } from "../../study/analysis.ts";
import { ANSWERS_FILE, type AnswerLine, readAnswers } from "../../study/answers.ts";
import { openStudy } from "../../study/study-file.ts";
import { type StudyServer, startStudyServer } from "../../study/study-server.ts";
import { takePart } from "./simulated-participant.ts";

interface ProofOptions {
  readonly browser: Browser;
  /** A study folder; its answers go to `results`. */
  readonly folder: string;
  readonly results: string;
  readonly participants: number;
  /** What everybody thinks of a method, 0 to 1, but for some noise. */
  readonly opinion: (method: string, question: string) => number;
  /** Participants, counted from 0, that do not wear headphones, or do not listen. */
  readonly withoutHeadphones?: readonly number[];
  readonly inattentive?: readonly number[];
  readonly onDone?: (done: number) => void;
}

interface Proof {
  readonly analysis: Analysis;
  /** Tabs that were closed in the middle of a trial, and times that the server was stopped and started. */
  readonly tabsClosed: number;
  readonly restarts: number;
  /** Console errors of the pages, those of requests to the stopped server left out. */
  readonly complaints: readonly string[];
}

/** Participants at the same time. */
const SIDE_BY_SIDE = 3;
/** Spread of single ratings about the opinion, as a share of the scale. */
const NOISE = 0.04;

export async function runProof(options: ProofOptions): Promise<Proof> {
  const { browser, folder, results, participants } = options;
  const open = await openStudy(folder);
  const { study } = open;
  const publicFolder = join(packageFolder(), "dist", "public");
  const start = (port: number) => startStudyServer({ open, results, publicFolder, port });
  let server: StudyServer = await start(0);
  const { port, url } = server;
  const complaints: string[] = [];
  let tabsClosed = 0;
  let restarts = 0;
  let done = 0;

  async function one(number: number): Promise<void> {
    const id = nameOf(number);
    const random = seededBy(study.seed, "simulated", id);
    const context = await browser.newContext();
    const opinions = {
      headphones: !options.withoutHeadphones?.includes(number),
      comment: number === 0 ? "A comment, with “signs”\nand a second line" : "",
      opinion: (method: string, question: string) => {
        if (options.inattentive?.includes(number)) return random.uniform();
        if (method === "right") return 0.95;
        if (method === "wrong") return 0.05;
        return options.opinion(method, question) + NOISE * random.normal();
      },
    };
    const visit = async (onTrial?: Parameters<typeof takePart>[0]["onTrial"]) => {
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !/ERR_CONNECTION|Failed to fetch/.test(text)) complaints.push(text);
      });
      const end = await takePart({ page, url, study, id, number, opinions, onTrial });
      await page.close();
      return end;
    };
    // Everybody closes the tab once, in the middle of the first trial, with its ratings made.
    const left = await visit(async (trial) => trial.id !== "trial-1");
    if (left === "left") tabsClosed++;
    await visit(async (trial) => {
      if (number === 0 && trial.id === "trial-2") {
        // Gone while "continue" is pressed and the answers to the next trial come.
        await server.close();
        setTimeout(async () => {
          server = await start(port);
          restarts++;
        }, 1_500);
      }
      return true;
    });
    await context.close();
    done++;
    options.onDone?.(done);
  }

  try {
    // Who joins when decides who gets which clips, so all join before the first one begins.
    for (let number = 0; number < participants; number++) {
      const headers = { "Content-Type": "application/json" };
      await fetch(`${url}/api/participants/${nameOf(number)}`, { method: "POST", headers, body: "{}" });
    }
    const waiting = Array.from({ length: participants }, (_, number) => number);
    const lane = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) await one(number);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  } finally {
    await server.close();
  }
  const { participants: people } = await readAnswers(join(results, ANSWERS_FILE), open);
  return { analysis: analyse(study, [...people.values()]), tabsClosed, restarts, complaints };
}

function nameOf(number: number): string {
  return `simulated-${number + 1}`;
}

/** The lines of the journal, to look for what is there twice. */
export async function journalLines(results: string): Promise<AnswerLine[]> {
  const text = await readFile(join(results, ANSWERS_FILE), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
