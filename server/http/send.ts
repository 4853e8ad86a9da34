/** Short answers. None of them may be kept: files go through `sendFile`, which lets browsers ask whether they changed. */
import type { ServerResponse } from "node:http";

const TEXT = "text/plain; charset=utf-8";
export const HTML = "text/html; charset=utf-8";
const JSON_TYPE = "application/json; charset=utf-8";

export function sendText(response: ServerResponse, text: string, type = TEXT, status = 200): void {
  const body = text.endsWith("\n") ? text : `${text}\n`;
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  sendText(response, JSON.stringify(value), JSON_TYPE, status);
}
