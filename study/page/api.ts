/** The study server's two addresses. */
import type { EventAnswer, StudyEvent, StudyView } from "../protocol.ts";

/** The server said no, for good; its text is for people. */
export class Denied extends Error {
  override name = "Denied";
}

const TIMEOUT_MS = 15_000;

/** Rejects with Denied, or with any other error where trying again may help. */
export async function join(participant: string): Promise<StudyView> {
  const response = await post(participant, "", {});
  if (!response.ok) throw await failure(response);
  return response.json();
}

/** Rejects with Denied where the server will never take it, else with an error that says to try again. */
export async function send(participant: string, event: StudyEvent): Promise<EventAnswer> {
  const response = await post(participant, "/events", event);
  if (!response.ok && response.status !== 409) throw await failure(response);
  return response.json();
}

function post(participant: string, path: string, body: unknown): Promise<Response> {
  return fetch(`study/api/participants/${encodeURIComponent(participant)}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    // Lets an answer through that is on its way when the page is closed.
    keepalive: true,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function failure(response: Response): Promise<Error> {
  const { error = `status ${response.status}` } = await response.json().catch(() => ({}));
  const forGood = response.status >= 400 && response.status < 500 && response.status !== 429;
  return forGood ? new Denied(error) : new Error(error);
}
