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

/** Letters, digits and "-._~" behind a percent sign, where nobody needs one. */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/i;

/**
 * Whether the address is written as we write it. One that says the same in other words ("//metrics", "/%6detrics", with a
 * "#") would get past the rules for paths that a proxy in front has.
 */
export function isPlainlyWritten(url: string): boolean {
  const [path] = url.split("?");
  return path.startsWith("/") && !/\/\/|#/.test(path) && !NEEDLESS_ESCAPE.test(path);
}
