/**
 * Who this is: the name in the address (?p=NAME), else the one that this browser kept, else one drawn at random. It is put
 * into the address, so that a copied link or a reload goes on where the person was.
 */
import { keyHere } from "../../client/kit/key-here.ts";
import { PARTICIPANT_ID } from "../protocol.ts";

const KEPT = keyHere("listenable.study.participant");

export function participant(): string {
  const asked = new URLSearchParams(location.search).get("p") ?? "";
  const id = [asked, kept()].find((each) => PARTICIPANT_ID.test(each)) ?? randomId();
  try {
    localStorage.setItem(KEPT, id);
  } catch {
    // Storage may be forbidden; the address has the name.
  }
  const address = new URL(location.href);
  address.searchParams.set("p", id);
  history.replaceState(null, "", address);
  return id;
}

/** 120 random bits in letters that need no escape. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

function kept(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
