/** Who may connect: tokens from a file, compared in constant time, and kept out of every log. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { isToken, tokenInSubprotocols } from "../../protocol/wire-access.ts";

export class AccessTokens {
  /** Hashes, so that comparing takes the same time whatever their lengths and no token lies about in memory. */
  #hashes: readonly Buffer[] = [];

  private constructor(private readonly file: string) {}

  /**
   * One token a line; empty lines and those that begin with "#" don't count. Several let one be replaced at leisure.
   *
   * @throws Error when the file cannot be read, has no token, or one that is too short; the message holds none.
   */
  static async open(file: string): Promise<AccessTokens> {
    const tokens = new AccessTokens(file);
    await tokens.reload();
    return tokens;
  }

  /** Reads the file again; when that fails, the tokens so far stay. */
  async reload(): Promise<void> {
    const lines = (await readFile(this.file, "utf8")).split("\n").map((line) => line.trim());
    const hashes: Buffer[] = [];
    for (const [k, line] of lines.entries()) {
      if (line === "" || line.startsWith("#")) continue;
      if (!isToken(line)) {
        throw new Error(
          `${this.file}, line ${k + 1}: a token has 24 to 256 characters of A-Z, a-z, 0-9 and . _ ~ - ` +
            '(make one with "openssl rand -hex 24")',
        );
      }
      hashes.push(hash(line));
    }
    if (hashes.length === 0) throw new Error(`${this.file} holds no token: put one on a line of its own`);
    this.#hashes = hashes;
  }

  /** Whether the request carries one of the tokens, in its header or among its subprotocols. */
  admits(request: IncomingMessage): boolean {
    const given = bearerOf(request) ?? tokenInSubprotocols(request.headers["sec-websocket-protocol"]);
    return given !== undefined && this.has(given);
  }

  has(token: string): boolean {
    const hashed = hash(token);
    // All of them, so that the time does not tell which one it was.
    return this.#hashes.map((each) => timingSafeEqual(each, hashed)).includes(true);
  }
}

/** Of the header `Authorization: Bearer TOKEN`. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
