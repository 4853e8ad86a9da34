/** The monitor's pages on a server of their own. */
import type { Pack } from "../../models/pack/pack.ts";
import { type AccessOptions, type HttpLog, HttpServer } from "../../server/http/index.ts";
import type { InputStatuses } from "../input-status.ts";
import type { Outputs } from "../outputs/outputs.ts";
import type { MonitorStatus } from "../protocol.ts";
import type { EventStore } from "../storage/event-store.ts";
import { monitorRoutes } from "./routes.ts";

export interface MonitorWebOptions extends AccessOptions {
  /** Folder of the built pages. */
  readonly pages: string;
  /** Default: this machine alone. */
  readonly host?: string;
  readonly port: number;
  /** Reviews are refused, and neither addresses of inputs nor metrics are shown. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** Lets pages listen to the inputs, not to events alone. Default: false. */
  readonly liveAudio?: boolean | undefined;
}

/** What the pages show. */
interface PageParts {
  readonly version: string;
  readonly pack: Pack;
  readonly store: EventStore;
  readonly statuses: InputStatuses;
  readonly outputs: Outputs;
  /** Classes whose clips are not kept. */
  readonly discards: readonly string[];
}

/** Has the port, and shows nothing yet. @throws as `HttpServer.open`. */
export function openPages(web: MonitorWebOptions, log: (line: string) => void): Promise<HttpServer> {
  // Reviews change what is kept: a name that somebody else points at this machine must not do.
  return HttpServer.open({ ...web, knownNamesOnly: true, log: lines(log) });
}

export function servePages(http: HttpServer, web: MonitorWebOptions, parts: PageParts): void {
  const { store, outputs, statuses, pack } = parts;
  const { pages, readOnly = false, liveAudio = false, metricsTokenFile } = web;
  const status = (): MonitorStatus => ({
    version: parts.version,
    pack: { name: pack.name, version: pack.version, title: pack.title },
    labels: pack.labels,
    other: pack.other,
    inputs: statuses.list(!readOnly),
    events: store.count(),
    rebuilding: store.rebuilding,
    discarded: statuses.discarded,
    discards: parts.discards,
    readOnly,
    liveAudio,
  });
  const { stream, live } = outputs;
  const metrics = () => outputs.metrics.text();
  const metricsApart = metricsTokenFile !== undefined;
  const health = () => ({ ...statuses.health(), rebuilding: store.rebuilding });
  http.serve(
    monitorRoutes({ pages, store, stream, live, status, health, metrics, readOnly, liveAudio, metricsApart }),
  );
}

/** What the HTTP room says, as sentences among the monitor's own. */
function lines(log: (line: string) => void): HttpLog {
  const tell = (facts: object, text: string) => {
    const { err, reason = err } = facts as { err?: Error; reason?: unknown };
    log(reason === undefined ? text : `${text}: ${reason instanceof Error ? reason.message : reason}`);
  };
  return { debug() {}, info: tell, warn: tell, error: tell };
}
