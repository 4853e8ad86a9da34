/** What the pages ask the monitor. */
import type { EventPage, ListedEvent, MonitorStatus, Review } from "../protocol.ts";

/** Filters as they stand in the address; empty ones count as absent. */
export type Filters = Readonly<Record<string, string>>;

export class ApiError extends Error {
  override name = "ApiError";
  constructor(
    readonly status: number,
    message: string,
    /** Not before so long, where the answer says so. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

async function answerOf<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  if (!response.ok) {
    const { error = `status ${response.status}` } = await response.json().catch(() => ({}));
    const seconds = Number(response.headers.get("Retry-After") ?? 0);
    throw new ApiError(response.status, error, Number.isFinite(seconds) ? 1000 * seconds : 0);
  }
  return (await response.json()) as T;
}

export const fetchStatus = (): Promise<MonitorStatus> => answerOf("api/status");

export const fetchEvents = (filters: Filters, signal?: AbortSignal): Promise<EventPage> =>
  answerOf(`api/events?${queryText(filters)}`, { signal: signal ?? null });

export const fetchEvent = (id: string): Promise<ListedEvent> => answerOf(`api/events/${id}`);

export async function sendReview(id: string, review: Review | null): Promise<void> {
  await answerOf(`api/events/${id}/review`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ review }),
  });
}

export function queryText(filters: Filters): string {
  return new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== "")).toString();
}
