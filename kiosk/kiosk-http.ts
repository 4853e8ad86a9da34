/** The kiosk's addresses: settings and reports for the page, the status for whoever looks after it. */
import type { IncomingMessage } from "node:http";
import type { Guard } from "../server/http/guard.ts";
import type { Kiosks, KnownKiosk } from "./kiosks.ts";
import type { KioskReport } from "./protocol.ts";

/** A report has some 400 bytes. */
const LONGEST_REPORT = 4_096;

export interface Answer {
  readonly status: number;
  readonly body: string | object;
  readonly type?: "html";
}

/** What is at `kiosk/<name>`, or undefined when there is nothing. */
export async function answerKiosk(
  kiosks: Kiosks,
  guard: Guard,
  name: string,
  request: IncomingMessage,
): Promise<Answer | undefined> {
  switch (name) {
    case "settings.json":
      return request.method === "POST" ? undefined : { status: 200, body: kiosks.settings };
    case "report":
      return request.method === "POST" ? receive(kiosks, guard, request) : undefined;
    case "status":
    case "status.json": {
      if (request.method === "POST") return undefined;
      if (!guard.mayLookInside(request)) {
        return {
          status: 403,
          body: "The status is for this machine itself, or for bearers of the token for figures.",
        };
      }
      if (name === "status") return { status: 200, body: statusPage(kiosks.known), type: "html" };
      const known = kiosks.known.map(({ report, at, silent }) => ({
        ...report,
        reported: new Date(at).toISOString(),
        silent,
      }));
      return { status: 200, body: { kiosks: known } };
    }
    default:
      return undefined;
  }
}

async function receive(kiosks: Kiosks, guard: Guard, request: IncomingMessage): Promise<Answer> {
  const denial = guard.connectionDenial(request);
  if (denial) return { status: denial.status, body: denial.reason };
  if (!guard.admits(request)) return { status: 401, body: "This server wants an access token." };
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413, body: `A report has at most ${LONGEST_REPORT} bytes.` };
  const wrong = kiosks.receive(body);
  return wrong === undefined ? { status: 200, body: {} } : { status: 400, body: wrong };
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_REPORT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const COLUMNS: readonly [string, (kiosk: KnownKiosk) => string | number][] = [
  ["Kiosk", ({ report }) => report.name],
  ["State", ({ report, silent }) => (silent ? `silent (was ${report.state})` : report.state)],
  ["Last report", ({ at }) => new Date(at).toISOString().replace("T", " ").slice(0, 19)],
  ["Up", ({ report }) => duration(report.uptimeSeconds)],
  ["Engine", ({ report }) => report.engine ?? "–"],
  ["Recoveries", ({ report }) => report.recoveries],
  ["Loads", ({ report }) => report.reloads],
  ["Missed", ({ report }) => report.missedDeadlines],
  ["Howls", ({ report }) => report.howls],
  ["Dropped", ({ report }) => report.windowsDropped],
  ["Heap", ({ report }) => (report.heapMiB === null ? "–" : `${report.heapMiB.toFixed(0)} MiB`)],
  ["Last problems", ({ report }) => report.problems.join(", ") || "none"],
];

function duration(seconds: KioskReport["uptimeSeconds"]): string {
  const hours = Math.floor(seconds / 3600);
  return hours >= 48
    ? `${Math.floor(hours / 24)} days`
    : `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Renews itself. Everything in it passed the report's schema or is a number. */
function statusPage(known: readonly KnownKiosk[]): string {
  const head = COLUMNS.map(([title]) => `<th scope="col">${title}</th>`).join("");
  const row = (kiosk: KnownKiosk) => COLUMNS.map(([, value]) => `<td>${value(kiosk)}</td>`).join("");
  const rows = known.map((kiosk) => `<tr>${row(kiosk)}</tr>`);
  const table =
    known.length === 0
      ? "<p>No kiosk has reported since this server was started.</p>"
      : `<table><caption>Kiosks that reported since this server was started, times in UTC</caption><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="15"><title>Kiosks</title><link rel="stylesheet" href="../page.css"></head>
<body><h1>Kiosks</h1>${table}</body></html>
`;
}
