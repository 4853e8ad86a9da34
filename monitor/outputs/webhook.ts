/**
 * Web hooks: an HTTP POST of the event, signed where there is a secret. The address is the user's own word, so it may
 * lie in the private network; where it redirects to is somebody else's, so redirects count as failures.
 */
import { createHash, createHmac } from "node:crypto";
import type { Send } from "./deliveries.ts";

interface WebhookOptions {
  readonly secret?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: () => number;
}

const TIMEOUT_MS = 10_000;

/** Names the hook in the database, where its address, which may hold a secret, does not belong. */
export function webhookTarget(url: string): string {
  return `webhook ${createHash("sha256").update(url).digest("hex").slice(0, 12)}`;
}

/** `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

/** @throws Error when the address is not one of HTTP. */
export function webhook(url: string, options: WebhookOptions = {}): Send {
  const { secret, now = Date.now } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error(`a web hook is an http or https address, not "${url}"`);
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
      throw new Error(cause?.code ?? error.message, { cause: error });
    });
    await response.body?.cancel();
    if (response.status >= 300 && response.status < 400) {
      throw new Error(`answered ${response.status}, a redirect; give the address that it leads to`);
    }
    if (!response.ok) throw new Error(`answered ${response.status}`);
  };
}

/** fetch refuses addresses with a password in them. */
function partsOf(url: string): { href: string; username: string; password: string } {
  const address = new URL(url);
  const username = decodeURIComponent(address.username);
  const password = decodeURIComponent(address.password);
  address.username = "";
  address.password = "";
  return { href: address.href, username, password };
}
