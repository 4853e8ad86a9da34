/** Whom an address may lead to, by redirect or by a playlist: itself, and whom the operator names. */

export type MayOpen = (host: string, port: number) => boolean;

const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "rtsp:": 554,
  "rtsps:": 322,
};

/** @throws RangeError that says what would be a host. */
export function parseFollowTo(text: string): string {
  const host = text.toLowerCase();
  if (host === "*" || /^(\*\.)?([\p{L}\p{N}._-]+|\[[\da-f:.]+\])(:\d{1,5})?$/u.test(host)) return host;
  throw new RangeError(`"${text}" is no host; give HOST, HOST:PORT, *.DOMAIN or * for any`);
}

/** Host and port of an address; undefined when it is none. */
export function hostOf(address: string): { readonly host: string; readonly port: number } | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  return hostname === ""
    ? undefined
    : { host: hostname.toLowerCase(), port: Number(port) || (PORTS[protocol] ?? 0) };
}

/**
 * Another port of the same host is another server: nobody's camera has a reason to send us to what else listens there. Only
 * from http to https, on their own ports, goes anybody (where https is open at all).
 */
export function mayOpen(address: string, also: readonly string[] = []): MayOpen {
  const own = hostOf(address);
  return (host, port) => {
    if (own?.host === host && (own.port === port || (own.port === 80 && port === 443))) return true;
    return also.some((each) => fits(each, host, port));
  };
}

function fits(pattern: string, host: string, port: number): boolean {
  if (pattern === "*") return true;
  const [, name = "", wanted] = /^(.*?)(?::(\d+))?$/.exec(pattern) ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  return name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name;
}

export function refusal(to: string): string {
  return `it leads to ${to}, another host than its own: --follow-to ${to} allows that`;
}
