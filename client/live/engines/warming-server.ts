/** A server that is there, and not ready yet. */
import { EngineError } from "../../../protocol/engine.ts";
import { EXPLAIN_PATH } from "../../../protocol/wire.ts";

const ASK_MS = 2_000;

export class WarmingError extends EngineError {
  override name = "WarmingError";
  constructor(
    message: string,
    retryAfterSeconds: number,
    /** 0 to 1; undefined where the server doesn't know. */
    readonly progress: number | undefined,
  ) {
    super("lost", message, { retryAfterSeconds });
  }
}

/**
 * Browsers keep the answer to a failed handshake to themselves, so the server is asked beside it: null when it does not say
 * that it is warming up.
 *
 * @param url of its endpoint, as `shown` is written for people.
 */
export async function warmingUp(url: string, shown: string): Promise<WarmingError | null> {
  const [, scheme, place] = /^ws(s?):(.*)$/.exec(url.replace(/[?#].*$/, "")) ?? [];
  const end = place?.lastIndexOf(EXPLAIN_PATH) ?? -1;
  if (place === undefined || end < 0) return null;
  try {
    const response = await fetch(`http${scheme}:${place.slice(0, end)}/readyz`, {
      cache: "no-store",
      signal: AbortSignal.timeout(ASK_MS),
    });
    const { warming, progress } = (await response.json()) as { warming?: unknown; progress?: unknown };
    if (response.status !== 503 || warming !== true) return null;
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    return new WarmingError(
      `${shown}: the server is warming up`,
      seconds,
      typeof progress === "number" ? progress : undefined,
    );
  } catch {
    return null;
  }
}
