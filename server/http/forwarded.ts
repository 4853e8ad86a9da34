/** What proxies note of those whom they pass on: entries of X-Forwarded-For and -Proto, nearest proxy last. */
import { isIP } from "node:net";

/**
 * The entry of the furthest of so many trusted proxies: what stands further left is the client's own word. Undefined
 * where there are fewer entries than proxies, so that somebody came past one of them.
 */
export function trustedEntry(header: string | string[] | undefined, proxies: number): string | undefined {
  const entries = entriesOf(header);
  return entries[entries.length - proxies];
}

/** As `trustedEntry`, but for what a proxy replaces instead of adding to: all of so few entries are the proxies' words. */
export function furthestEntry(header: string | string[] | undefined, proxies: number): string | undefined {
  const entries = entriesOf(header);
  return entries[Math.max(0, entries.length - proxies)];
}

function entriesOf(header: string | string[] | undefined): string[] {
  const text = String(header ?? "");
  return text.trim() === "" ? [] : text.split(",").map((each) => each.trim());
}

/**
 * An address as proxies write it, "192.0.2.7:4711", "[2001:DB8::1]:4711" or "::ffff:192.0.2.7" too, as `plainAddress` has
 * it; undefined for everything else, "unknown" and "_hidden" included.
 */
export function readAddress(entry: string): string | undefined {
  const unquoted = entry.replace(/^"(.*)"$/, "$1");
  const bare =
    /^\[([^\]]*)\](?::\d{1,5})?$/.exec(unquoted)?.[1] ?? unquoted.replace(/^([\d.]+):\d{1,5}$/, "$1");
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}

/** One way to write each address: lower-case and short, without a zone, and IPv4 in IPv6 as IPv4. */
export function plainAddress(address: string): string {
  const [withoutZone] = address.split("%");
  if (isIP(withoutZone) !== 6) return withoutZone;
  // The URL parser has the canonical form of IPv6: the mapped ones with two hexadecimal groups.
  const short = new URL(`http://[${withoutZone}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  const [high, low] = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
