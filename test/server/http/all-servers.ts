/** The three servers that we have, each as a test of what they share sees it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import { NO_BACKEND } from "../../../server/explain/no-backend.ts";
import type { AccessOptions } from "../../../server/http/index.ts";
import { openStudy } from "../../../study/study-file.ts";
import { startStudyServer } from "../../../study/study-server.ts";
import { serveKiosk } from "../../kiosk/serve-kiosk.ts";
import { samplesInput, startRig } from "../../monitor/rig.ts";
import { madeUpStudy, writeMadeUpStudy } from "../../study/made-up-study.ts";

export interface AnyServer {
  readonly url: string;
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly start: (options: AccessOptions & { readonly host?: string }) => Promise<AnyServer>;
  /** Whether it acts on what pages send, and so answers to known names alone, whatever it listens on. */
  readonly knownNames: boolean;
  /** A page that everybody may have. */
  readonly page: string;
  /** A file of `LARGE_BYTES`. */
  readonly large: string;
  /** Takes a body by POST, and needs a token where one is asked for. */
  readonly post: string;
  /** Whether its pages keep their token in a cookie. */
  readonly cookies: boolean;
}

export const LARGE_BYTES = 40_000_000;

export const work = await mkdtemp(join(tmpdir(), "listenable-every-server-"));
const pages = join(work, "pages");
await mkdir(join(pages, "study"), { recursive: true });
await writeFile(join(pages, "page.css"), "body { color: black }");
for (const file of ["large.bin", "study/large.bin"]) {
  await writeFile(join(pages, file), Buffer.alloc(LARGE_BYTES, "sound"));
}

export const removeAll = () => rm(work, { recursive: true });

async function startServe(options: AccessOptions & { readonly host?: string }): Promise<AnyServer> {
  return serveKiosk(undefined, {
    pack: "test/fixtures/tiny-pack",
    port: 0,
    backend: NO_BACKEND,
    publicFolder: pages,
    ...options,
  });
}

async function startMonitor(options: AccessOptions & { readonly host?: string }): Promise<AnyServer> {
  const store = await EventStore.open(await mkdtemp(join(work, "events-")));
  const web = { ...options, pages, port: 0 };
  const { monitor } = await startRig([samplesInput("yard", new Float32Array(0))], { store, web });
  return { url: monitor.url!, reload: () => monitor.reload(), close: () => monitor.close() };
}

async function startStudy(options: AccessOptions & { readonly host?: string }): Promise<AnyServer> {
  const study = await mkdtemp(join(work, "study-"));
  await writeMadeUpStudy(study, madeUpStudy({ clips: 2, attention: 0 }));
  const running = await startStudyServer({
    ...options,
    open: await openStudy(study),
    results: join(study, "results"),
    publicFolder: pages,
    port: 0,
  });
  const { url, reload, close } = running;
  return { url: url.replace(/study$/, ""), reload, close };
}

export const SERVERS: readonly ServerKind[] = [
  {
    name: "serve",
    knownNames: false,
    start: startServe,
    page: "page.css",
    large: "large.bin",
    post: "kiosk/report",
    cookies: false,
  },
  {
    name: "monitor",
    knownNames: true,
    start: startMonitor,
    page: "page.css",
    large: "large.bin",
    post: "api/events/20260714-063015-250-1f9a3c/review",
    cookies: true,
  },
  {
    name: "study",
    knownNames: true,
    start: startStudy,
    page: "page.css",
    large: "study/large.bin",
    post: "study/api/participants/anna",
    cookies: true,
  },
];
