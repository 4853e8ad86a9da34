/** What the part of the address behind `#` names. */
import { isEventId } from "../protocol.ts";
import type { Filters } from "./api.ts";

export type Place =
  | { readonly view: "live" }
  /** `review`: the list is there to be worked through. */
  | { readonly view: "events"; readonly filters: Filters; readonly review: boolean }
  | { readonly view: "event"; readonly id: string }
  | { readonly view: "unknown"; readonly address: string };

/** Events that nobody has reviewed: what whoever wants to review should see. */
const TO_REVIEW: Filters = { review: "none" };

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [name = "", id, ...more] = path.replace(/\/$/, "").split("/");
  const filters = Object.fromEntries(new URLSearchParams(query));
  if (more.length > 0) return { view: "unknown", address: hash };
  if (id !== undefined) {
    return (name === "event" || name === "review") && isEventId(id)
      ? { view: "event", id }
      : { view: "unknown", address: hash };
  }
  // A token that was not taken stays in the address.
  if (name === "" || name === "live" || /^token=/.test(name)) return { view: "live" };
  if (name === "events") return { view: "events", filters, review: false };
  if (name === "review") return { view: "events", filters: { ...filters, ...TO_REVIEW }, review: true };
  return { view: "unknown", address: hash };
}
