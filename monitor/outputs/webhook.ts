/**
 * Web hooks: an HTTP POST of the event, signed where there is a secret. The address is the user's own word, so it may
 * lie in the private network; where it redirects to is somebody else's, so redirects count as failures.
 */
import { createHash, createHmac } from "node:crypto";
import { passwordHint, shownAddress, withoutSecrets } from "../../protocol/shown-address.ts";
import { RefusedForGood, type Send, TryLater } from "./deliveries.ts";

interface WebhookOptions {
  readonly secret?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 10_000;
/** Of what the other side says about a message that it does not take: so many characters, of so many bytes. */
const REASON = 200;
const REASON_BYTES = 4096;
/** Answers of the 400s that speak of now and not of the message: too slow, too early, too many. */
const ANOTHER_TIME = new Set([408, 425, 429]);

/** Names the hook in the database, where its address, which may hold a secret, does not belong. */
export function webhookTarget(url: string): string {
  return `webhook ${createHash("sha256").update(url).digest("hex").slice(0, 12)}`;
}

/** `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

/** @throws Error when the address is not one of HTTP; it shows nothing that may be a secret. */
export function webhook(url: string, options: WebhookOptions = {}): Send {
  const { secret, now = Date.now } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error(`a web hook is an http or https address, not ${shownAddress(url)}${passwordHint(url)}`);
  }
  const { username, password, ...address } = partsOf(url);
  return async (body, id) => {
    const response = await (options.fetch ?? fetch)(address.href, {
      method: "POST",
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "listenable-monitor",
        // The same for every attempt at one message, so that the other side can tell repetitions.
        "X-Listenable-Delivery": `${id}`,
        ...(secret ? { "X-Listenable-Signature": signature(secret, Math.floor(now() / 1000), body) } : {}),
        ...(username || password
          ? { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
          : {}),
      },
    }).catch((error: Error) => {
      const cause = error.cause as NodeJS.ErrnoException | undefined;
      throw new Error(withoutSecrets(cause?.code ?? cause?.message ?? error.message, [url]));
    });
    if (response.ok) await response.body?.cancel();
    else throw failure(response, withoutSecrets(await reasonOf(response), [url]), now());
  };
}

/** What an answer that is no 2xx means for its message. */
function failure({ status, headers }: Response, reason: string, now: number): Error {
  const said = `answered ${status}${reason === "" ? "" : `: ${reason}`}`;
  // Not for good: whoever has yet to log in to a network is sent elsewhere, whatever they ask for.
  if (status >= 300 && status < 400) {
    return new Error(`answered ${status}, a redirect; give the address that it leads to`);
  }
  if (status >= 400 && status < 500 && !ANOTHER_TIME.has(status)) return new RefusedForGood(said);
  const waitMs = retryAfterMs(headers.get("Retry-After"), now);
  return waitMs === undefined ? new Error(said) : new TryLater(said, waitMs);
}

/** `Retry-After`: seconds or a date; undefined where it is absent or nonsense. */
function retryAfterMs(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(1000 * Number(text));
  // Date.parse alone would take almost anything; the oldest of the three ways to write such a date leaves GMT out.
  const isDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d( GMT| \d{4})$/.test(text);
  const date = isDate ? Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The beginning of what the other side says, on one line. Never rejects, and reads no more than it shows. */
async function reasonOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body ?? []) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= REASON_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  const text = Buffer.concat(pieces).subarray(0, REASON_BYTES).toString("utf8").replace(/\s+/g, " ").trim();
  return text.length > REASON ? `${text.slice(0, REASON)}…` : text;
}

/** fetch refuses addresses with a password in them. */
function partsOf(url: string): { href: string; username: string; password: string } {
  const address = new URL(url);
  const username = decoded(address.username);
  const password = decoded(address.password);
  address.username = "";
  address.password = "";
  return { href: address.href, username, password };
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
