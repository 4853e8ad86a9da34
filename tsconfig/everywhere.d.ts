// What browsers, their workers and Node 20 all have, as far as code that runs in all of them uses it.
// Declared by hand because TypeScript has no library for it: with the DOM's or Node's own, a `document` or a `process`
// would pass. Add to it what all three have, and nothing else; then `npx tsc -b --force`, as TypeScript 7.0 builds on what
// it knew when only such a file changed.

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

interface Response {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}
declare function fetch(
  address: string | URL,
  init?: { readonly signal?: AbortSignal | null },
): Promise<Response>;

declare class URL {
  constructor(url: string, base?: string | URL);
  readonly href: string;
  readonly protocol: string;
  readonly pathname: string;
}
declare class URLSearchParams {
  constructor(search?: string);
  get(name: string): string | null;
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean });
  decode(bytes?: Uint8Array): string;
}

declare const performance: { now(): number };
declare function atob(base64: string): string;
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare var crossOriginIsolated: boolean | undefined;

interface ImportMeta {
  url: string;
}
