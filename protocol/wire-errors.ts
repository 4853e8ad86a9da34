/** Every way in which the wire protocol ends or refuses: its number on the wire, its name, its WebSocket close code. */

/** Name → [number in the error message, close code, or null when the connection stays open]. */
const TABLE = {
  malformed: [1, 4400],
  "too-large": [2, 4413],
  "out-of-order": [3, 4409],
  "too-fast": [4, 4429],
  "wrong-version": [5, 4406],
  "unknown-method": [6, 4404],
  "bad-target": [7, 4422],
  "not-started": [8, 4412],
  "frames-missing": [9, 4410],
  "server-full": [10, 4503],
  "not-reading": [11, 4414],
  idle: [12, 4408],
  "inference-failed": [13, null],
  internal: [14, 4500],
  "shutting-down": [15, 4501],
  "local-only": [16, 4415],
  unauthorized: [17, 4401],
  "pack-changed": [18, 4502],
  "wrong-blocks": [19, 4416],
} as const satisfies Record<string, readonly [number, number | null]>;

export type WireErrorName = keyof typeof TABLE;

export class WireError extends Error {
  override name = "WireError";
  constructor(
    readonly code: WireErrorName,
    message: string,
    /** When the client may ask again; undefined where nothing is known. */
    readonly retrySeconds?: number,
  ) {
    super(message);
  }
}

export function wireErrorNumber(name: WireErrorName): number {
  return TABLE[name][0];
}

/** The close code that follows the error, or null when the session goes on. */
export function wireCloseCode(name: WireErrorName): number | null {
  return TABLE[name][1];
}

/** Undefined for a number that this version does not know. */
export function wireErrorName(number: number): WireErrorName | undefined {
  return (Object.keys(TABLE) as WireErrorName[]).find((name) => TABLE[name][0] === number);
}

/** The error that a close code stands for, or undefined for codes of other origin (1000, 1006, ...). */
export function wireErrorOfClose(closeCode: number): WireErrorName | undefined {
  return (Object.keys(TABLE) as WireErrorName[]).find((name) => TABLE[name][1] === closeCode);
}
