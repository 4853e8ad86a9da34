/** Addresses of requests: decoded once, and refused when odd. */
import type { IncomingMessage } from "node:http";

/** As it was asked for, without the query, where a token might stand by mistake: fit for the log. */
export function pathOf({ url = "" }: IncomingMessage): string {
  return url.split(/[?#]/)[0];
}

/** With its "?", or empty. */
export function searchOf({ url = "" }: IncomingMessage): string {
  return /\?[^#]*/.exec(url)?.[0] ?? "";
}

/**
 * The decoded parts of an address's path, or undefined when one could mean anything but a plain file below the root:
 * "..", hidden files, separators and zero bytes behind percent signs.
 */
export function pathSegments(url: string): string[] | undefined {
  try {
    const segments = url
      .split(/[?#]/)[0]
      .split("/")
      .filter((each) => each !== "")
      .map(decodeURIComponent);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return segments.some((each) => each.startsWith(".") || /[/\\:\u0000-\u001f]/.test(each))
      ? undefined
      : segments;
  } catch {
    return undefined;
  }
}
