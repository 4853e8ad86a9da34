/** The kiosk's addresses: page, settings and reports for the page, the status for whoever looks after it. */
import { join } from "node:path";
import {
  type Exchange,
  HTML,
  HttpError,
  pathOf,
  type Route,
  readText,
  refusal,
  searchOf,
  sendFile,
  sendJson,
  sendText,
} from "../server/http/index.ts";
import type { Kiosks, KnownKiosk } from "./kiosks.ts";
import {
  KIOSK_PAGE,
  KIOSK_REPORT_PATH,
  KIOSK_SETTINGS_PATH,
  KIOSK_STATUS_JSON_PATH,
  KIOSK_STATUS_PATH,
  type KioskReport,
} from "./protocol.ts";

/** A report has some 400 bytes. */
const LONGEST_REPORT = 4_096;

/** @param publicFolder of the built page; without one there is no page. */
export function kioskRoutes(kiosks: Kiosks, publicFolder: string | undefined): Route[] {
  const routes: Route[] = [
    {
      method: "GET",
      path: KIOSK_SETTINGS_PATH,
      answer: ({ response }) => sendJson(response, kiosks.settings),
    },
    {
      method: "POST",
      path: KIOSK_REPORT_PATH,
      needs: "token",
      answer: (exchange) => takeReport(kiosks, exchange),
    },
    {
      method: "GET",
      path: KIOSK_STATUS_PATH,
      needs: "figures",
      answer: ({ response }) => sendText(response, statusPage(kiosks.known), HTML),
    },
    {
      method: "GET",
      path: KIOSK_STATUS_JSON_PATH,
      needs: "figures",
      answer: ({ response }) => sendJson(response, { kiosks: kiosks.known.map(told) }),
    },
  ];
  if (publicFolder === undefined) return routes;
  return [
    ...routes,
    { method: "GET", path: KIOSK_PAGE, slash: true, answer: (exchange) => sendPage(publicFolder, exchange) },
  ];
}

function sendPage(publicFolder: string, exchange: Exchange): Promise<void> {
  const { request } = exchange;
  if (pathOf(request).endsWith("/")) {
    // Addresses in the page are relative to its folder.
    throw new HttpError(308, "The kiosk has no / behind its name.", {
      Location: `../${KIOSK_PAGE}${searchOf(request)}`,
    });
  }
  return sendFile(join(publicFolder, "kiosk.html"), exchange);
}

async function takeReport(kiosks: Kiosks, exchange: Exchange): Promise<void> {
  const denial = exchange.guard.connectionDenial(exchange.request);
  if (denial) throw refusal(denial);
  const wrong = kiosks.receive(await readText(exchange, LONGEST_REPORT));
  if (wrong !== undefined) throw new HttpError(400, wrong);
  sendJson(exchange.response, {});
}

function told({ report, at, silent }: KnownKiosk) {
  return { ...report, reported: new Date(at).toISOString(), silent };
}

const COLUMNS: readonly [string, (kiosk: KnownKiosk) => string | number][] = [
  ["Kiosk", ({ report }) => report.name],
  ["State", ({ report, silent }) => (silent ? `silent (was ${report.state})` : report.state)],
  ["Last report", ({ at }) => new Date(at).toISOString().replace("T", " ").slice(0, 19)],
  ["Up", ({ report }) => duration(report.uptimeSeconds)],
  ["Engine", ({ report }) => report.engine ?? "–"],
  ["Microphone", ({ report }) => report.microphone ?? "–"],
  ["Explanation", ({ report }) => report.explanation ?? "–"],
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
<meta http-equiv="refresh" content="15"><title>Kiosks</title><link rel="icon" href="../icon.svg" type="image/svg+xml"><link rel="stylesheet" href="../page.css"></head>
<body><h1>Kiosks</h1>${table}</body></html>
`;
}
