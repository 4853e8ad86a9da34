/**
 * Addresses as they may be shown, logged and kept. They hold secrets in more places than the password: stream keys and
 * web hooks' tokens in the path, passwords in the query. What is left says which machine is meant, and by what protocol.
 */

/** "rtsp://camera.local:554/…": no user, no password, nothing of path, query and fragment. */
export function shownAddress(text: string): string {
  const [, scheme, rest] = /^\s*([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return HIDDEN;
  const authority = /^[^/\\?#]*/.exec(rest)?.[0] ?? "";
  const behind = rest.slice(authority.length);
  // With an @ further on, what looks like the host may be a user, and what looks like a path his password.
  if (behind.includes("@")) return scheme + HIDDEN;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (!HOST.test(host)) return scheme + HIDDEN;
  return `${scheme}${host}${/^[/\\]?$/.test(behind) ? behind : `/${HIDDEN}`}`;
}

/** The same of an endpoint of `serve`: its path is everybody's, and stays where nothing else is there to hide. */
export function shownEndpoint(text: string): string {
  return /^wss?:\/\/[^/\\?#@]+\/[\w./-]*$/i.test(text) ? text : shownAddress(text);
}

const HIDDEN = "…";
const HOST = /^(?:[\p{L}\p{N}._-]+|\[[\da-f:.]+(?:%[\w.-]+)?\])(?::\d{1,5})?$/iu;

/** A word of a command line: a path as it is, an address, with `name=` or `--option=` before it or not, as it may be shown. */
export function shownWord(word: string): string {
  if (!isLikeAddress(word)) return word;
  const name = /^-{0,2}[\p{L}\p{N}][\p{L}\p{N} _.-]*=/u.exec(word)?.[0] ?? "";
  return name + shownAddress(word.slice(name.length));
}

/** Whether a word may be meant as an address with secrets in it, also where it is none that one could open. */
function isLikeAddress(text: string): boolean {
  return /:\/\/|^[a-z][a-z0-9+.-]{2,}:[/\\]|:.*@|[?&][\w-]+=/is.test(text);
}

/** What to do about an address that could not be read because of what its password holds. */
export function passwordHint(text: string): string {
  return /:\/\/.*@/s.test(text)
    ? "; in a user's name or password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and a space as %20"
    : "";
}

/**
 * What a program or library said, in which addresses may stand: each as it may be shown. Of those in `known` no part
 * that may be a secret stays either, wherever and in whatever spelling it stands.
 */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  return withoutKnown(text, known).replace(ADDRESS, shownWithin);
}

/** The same of text in which addresses that we do not know may stay, as in our own advice. */
export function withoutKnown(text: string, known: readonly string[]): string {
  const [address, ...others] = known;
  if (address === undefined) return text;
  const hide = (piece: string) =>
    secretsOf(address).reduce((left, each) => left.replace(each, HIDDEN), piece);
  return text
    .split(address)
    .map((piece) => withoutKnown(hide(piece), others))
    .join(shownAddress(address));
}

const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]+/gi;

/** What ends a sentence or a quotation is not the address's own. */
function shownWithin(found: string): string {
  const end = /[:.,;!?)\]}]*$/.exec(found)?.[0] ?? "";
  return shownAddress(found.slice(0, found.length - end.length)) + end;
}

/** Each as it stands, decoded and encoded; the longest first, so that none is left in parts. */
function secretsOf(address: string): RegExp[] {
  const rest = address.replace(/^\s*[a-z][a-z0-9+.-]*:\/\//i, "");
  const at = rest.lastIndexOf("@");
  const user = rest.slice(0, Math.max(0, at));
  const [place = "", query = ""] = split(rest.slice(at + 1), /[?#]/);
  const path = place.replace(/^[^/\\]*/, "");
  const parts = [
    user,
    split(user, /:/)[1],
    ...user.split(/[:/\\?#@]/),
    query === "" ? path : rest.slice(at + 1 + place.length - path.length),
    path,
    path.slice(1),
    ...path.split(/[/\\]/),
    query,
    ...query.split(/[&#]/).flatMap((pair) => [pair, split(pair, /=/)[1]]),
  ];
  const spelled = parts.flatMap((part = "") => [part, decoded(part), encodeURIComponent(decoded(part))]);
  return [...new Set(spelled)]
    .filter((part) => part.length > 1)
    .sort((a, b) => b.length - a.length)
    .map(standingAlone);
}

/** What is before the first match and what is behind it. */
function split(text: string, separator: RegExp): [string, string?] {
  const at = text.search(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A short one may be part of any word: those stay. */
function standingAlone(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const whole = secret.length >= 8 ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`;
  return new RegExp(whole, "gu");
}
