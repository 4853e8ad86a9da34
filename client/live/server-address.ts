/** Addresses of a server, which may lie below any folder of a host: a proxy may have put it there. */
import { EXPLAIN_PATH } from "../../protocol/wire.ts";

/** Where its own paths begin, with the last slash: the folder of its page. "…/listenable" is a folder too, "…/x.html" is none. */
export function serverFolder(page: string, base: string): string {
  const url = new URL(page, base);
  url.search = url.hash = "";
  if (!/(\.html|\/)$/.test(url.pathname)) url.pathname += "/";
  return new URL("./", url).href;
}

/** Of its engine, for WebSockets. */
export function engineAddress(folder: string): string {
  const url = new URL(`.${EXPLAIN_PATH}`, folder);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
