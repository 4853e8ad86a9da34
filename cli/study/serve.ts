/** `listenable study serve`: the page of a study, and its answers onto the disk. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { ANSWERS_FILE } from "../../study/answers.ts";
import { openStudy } from "../../study/study-file.ts";
import { type StudyServer, startStudyServer } from "../../study/study-server.ts";
import {
  type AccessWishes,
  accessOptions,
  addAccessOptions,
  addPortOptions,
  type PortWishes,
} from "../access-options.ts";
import type { CommonOptions } from "../options.ts";
import { logToStandardError, reloadOnHangUp, stopSignal } from "../run-until-told.ts";
import { printJson, printLine } from "../say.ts";

interface ServeOptions extends CommonOptions, PortWishes, AccessWishes {
  results?: string;
}

const EXAMPLES = `
The page is at /study. Whoever opens it gets a name drawn at random, kept in the address and in the browser, and goes on
from there at any time and after every restart of this command; /study?p=NAME gives a name of your own. Each answer is
on the disk (RESULTS/answers.jsonl, one JSON object a line) before the page is told that it is saved; leave that file alone
while this command runs: what becomes of it is noticed, told here, and no answer is taken that could be lost.
Only this machine gets in. For others give a certificate and an address, or put a proxy with TLS in front and name it
with --behind-proxy (docs/study.md). With a token file, links are https://HOST/study#token=TOKEN.
Ctrl+C ends it. /healthz tells how many take part, how many have finished, and whether answers can be saved.

Examples:
  $ listenable study serve my-study
  $ listenable study serve my-study --port 9000 --results answers-of-may
  $ listenable study serve my-study --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --public-host study.example.org
  $ listenable study serve my-study --behind-proxy --public-host study.example.org
`;

export function registerServeStudy(study: Command): void {
  const command = study
    .command("serve")
    .description("let people take part in a study")
    .argument("<study>", "folder that prepare made");
  addPortOptions(command, 8081);
  addAccessOptions(command)
    .option("--results <dir>", "folder of the answers (default: results in the study's folder)")
    .option("--json", "print the address as one JSON object on standard output")
    .addHelpText("after", EXAMPLES)
    .action(serve);
}

async function serve(folder: string, options: ServeOptions): Promise<void> {
  const stop = stopSignal();
  const results = options.results ?? join(folder, "results");
  const open = await openStudy(folder);
  const server = await start(open, results, options);
  reloadOnHangUp(server);
  const { study } = open;
  if (options.json) {
    const { url, port, participants } = server;
    printJson({ url, port, pid: process.pid, study: study.name, results, participants });
  } else {
    const gone = server.participants > 0 ? `, ${server.participants} have joined before` : "";
    printLine(`The study "${study.title}" is at ${server.url.replace("//127.0.0.1:", "//localhost:")}`);
    printLine(`Answers go to ${join(results, ANSWERS_FILE)}${gone}. Ctrl+C ends it.`);
  }
  await stop;
  await server.close();
}

async function start(
  open: Awaited<ReturnType<typeof openStudy>>,
  results: string,
  options: ServeOptions,
): Promise<StudyServer> {
  const publicFolder = join(packageFolder(), "dist", "public");
  if (!existsSync(join(publicFolder, "study", "index.html"))) {
    throw new Error(`the page is not built (no study/index.html in ${publicFolder}): run "npm run build"`);
  }
  const { host, port } = options;
  const log = logToStandardError();
  return startStudyServer({ ...accessOptions(options), open, results, publicFolder, host, port, log });
}
