/** 503 with a time is what our servers say while they warm up; no longer than this is waited at a time. */
const LONGEST_SECONDS = 30;

/**
 * `fetch`, but whoever says that it is warming up is asked again when it wished to be.
 *
 * @param onWarming called each time, before the wait.
 */
export async function patientFetch(
  address: string | URL | Request,
  init: RequestInit = {},
  onWarming: () => void = () => {},
): Promise<Response> {
  for (;;) {
    const response = await fetch(address, init);
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status !== 503 || !(seconds > 0)) return response;
    onWarming();
    await pause(1_000 * Math.min(LONGEST_SECONDS, seconds), init.signal ?? undefined);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const gone = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", gone);
      resolve();
    }, ms);
    signal?.addEventListener("abort", gone);
  });
}
