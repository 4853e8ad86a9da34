/** What a product adds to a server that knows nothing of it. */
import type { Registry } from "prom-client";
import type { Route } from "./http/index.ts";

export interface ServerExtension {
  /** They come before the server's own. */
  readonly routes: readonly Route[];
  /** Adds figures of its own to the server's. */
  measure?(registry: Registry): void;
  /** Reads its files again; what cannot be used it logs, and goes on with what was there before. */
  reload?(): Promise<void>;
  close?(): void;
}
