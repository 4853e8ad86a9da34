/** `listenable serve`: the page, the packs and the engine for pages and programs that ask over a WebSocket. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { openKioskExtension } from "../kiosk/kiosk-extension.ts";
import { DEFAULT_PACK } from "../models/pack/default-pack.ts";
import { findPack, packageFolder } from "../models/pack/open-pack-node.ts";
import { type RunningServer, startServer } from "../server/start-server.ts";
import {
  type AccessWishes,
  accessOptions,
  addPortOptions,
  addServeAccessOptions,
  type PortWishes,
} from "./access-options.ts";
import { type CommonOptions, positiveInteger, RUNTIMES } from "./options.ts";
import { logToStandardError, reloadOnHangUp, stopSignal } from "./run-until-told.ts";
import { printJson, printLine } from "./say.ts";

interface ServeOptions extends CommonOptions, PortWishes, AccessWishes {
  pack: string[];
  runtime: keyof typeof SERVER_RUNTIMES;
  lanes?: number;
  batch?: number;
  maxSessions: number;
  localOnly?: boolean;
  offline?: boolean;
  kiosk?: string;
  page: boolean;
  logLevel?: string;
}

/** What `--runtime` takes here: a server may have a GPU. */
const SERVER_RUNTIMES = { ...RUNTIMES, cpu: "native", cuda: "cuda", webgpu: "webgpu" } as const;

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"];

const EXAMPLES = `
The page is at the printed address, /explain is the WebSocket endpoint (protocol/README.md describes it),
/healthz, /readyz and /metrics tell how the server is. The log goes to standard error, one JSON object a line; where it
cannot be written the server goes on, and says so once it can.
Ctrl+C ends it; SIGHUP reads certificate, tokens, packs and kiosk settings again. Browsers allow the microphone only on https pages
and on localhost: to serve other machines, give a certificate, or put a proxy in front (docs/deployment.md).
With a token file, pages are opened as https://HOST/#token=TOKEN.

Examples:
  $ listenable serve
  $ listenable serve --port 0 --json
  $ listenable serve --pack ./my-pack --runtime web
  $ listenable serve --pack everyday esc10-speech ./my-pack --runtime cuda
  $ listenable serve --local-only
  $ listenable serve --kiosk deploy/kiosk.json
  $ listenable serve --host 0.0.0.0 --port 8443 --tls-cert cert.pem --tls-key key.pem --token-file tokens
  $ listenable serve --behind-proxy --public-host listen.example.org
  $ listenable serve --host 0.0.0.0 --no-page --lanes 4 --allow-origin https://example.org
`;

export function registerServe(program: Command): void {
  const command = program.command("serve").description("serve the page and explain what it hears");
  addPortOptions(command, 8080);
  addModelOptions(command);
  command
    .option("--max-sessions <number>", "remote engines connected at the same time", positiveInteger, 64)
    .option("--no-offline", "make browsers forget what they keep of the page for when there is no network")
    .option("--local-only", "serve the page and the packs, and explain nothing: pages do it themselves")
    .option("--kiosk <file>", "settings of the full-screen page at /kiosk, as JSON (docs/kiosk.md)")
    .option("--no-page", "serve the WebSocket endpoint and the packs without the page");
  addServeAccessOptions(command)
    .addOption(
      new Option(
        "--log-level <level>",
        "how much is logged (default: warn on a terminal, else info)",
      ).choices(LOG_LEVELS),
    )
    .option("--json", "print the address and what is served as one JSON object on standard output")
    .addHelpText("after", EXAMPLES)
    .action(serve);
}

function addModelOptions(command: Command): void {
  command
    .option(
      "--pack <names or dirs...>",
      "names of released or added packs, or folders with a pack.json; the first is the page's, each has /explain/NAME",
      [DEFAULT_PACK],
    )
    .addOption(
      new Option(
        "--runtime <kind>",
        "onnxruntime-node on cpu (or node), cuda or webgpu, onnxruntime-web (WASM), or what is fastest here",
      )
        .choices(Object.keys(SERVER_RUNTIMES))
        .default("auto"),
    )
    .option(
      "--lanes <number>",
      "model threads side by side (default: as many as cores, up to 8; on a GPU one)",
      positiveInteger,
    )
    .option("--batch <number>", "most windows explained together (default: as many as pay)", positiveInteger);
}

/** Runs until it is told to stop. */
async function serve(options: ServeOptions): Promise<void> {
  const stop = stopSignal();
  const server = await start(options);
  reloadOnHangUp(server);
  if (options.json) printJson(facts(server));
  else for (const line of greeting(server, options)) printLine(line);
  await stop;
  await server.close();
}

async function start(options: ServeOptions): Promise<RunningServer> {
  const pack = options.pack.map((name) => findPack(name));
  const publicFolder = options.page ? builtPage() : undefined;
  const log = logToStandardError(options.logLevel);
  return startServer({
    pack,
    host: options.host,
    port: options.port,
    build: SERVER_RUNTIMES[options.runtime],
    lanes: options.lanes,
    batch: options.batch,
    limits: { sessions: options.maxSessions },
    localOnly: options.localOnly,
    offline: options.offline,
    extensions: [await openKioskExtension({ file: options.kiosk, publicFolder, log })],
    ...accessOptions(options),
    publicFolder,
    log,
  });
}

function builtPage(): string {
  const folder = join(packageFolder(), "dist", "public");
  if (existsSync(join(folder, "index.html"))) return folder;
  throw new Error(
    `the page is not built (no index.html in ${folder}): run "npm run build", or use --no-page`,
  );
}

function facts(server: RunningServer) {
  const { pack } = server.pack;
  return {
    url: server.url,
    explainUrl: server.explainUrl,
    port: server.port,
    pid: process.pid,
    backend: server.backend,
    pack: { name: pack.name, version: pack.version, folder: server.pack.source },
  };
}

function greeting(server: RunningServer, options: ServeOptions): string[] {
  const { pack } = server.pack;
  // "localhost" reads better and is a secure context by every browser's rules.
  const url = server.url.replace("//127.0.0.1:", "//localhost:");
  const where = options.page ? `Listenable is at ${url}` : `Listenable's endpoint is at ${server.explainUrl}`;
  if (options.localOnly)
    return [where, `${pack.title} (${pack.name} ${pack.version}) for pages to explain with. Ctrl+C ends it.`];
  const why = pack.phases
    ? " only: its classifier hears the waveform, and the phases that it needs are not sent to a server"
    : "";
  return [where, `${pack.title} (${pack.name} ${pack.version}) on ${server.backend}${why}. Ctrl+C ends it.`];
}
