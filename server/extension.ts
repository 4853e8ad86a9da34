/** What a product adds to a server that knows nothing of it. */
import type { Route } from "./http/index.ts";

/** A figure of /metrics, looked up whenever somebody asks. */
export interface Figure {
  /** "listenable_" and what follows. */
  readonly name: string;
  readonly help: string;
  /** What tells its values apart. */
  readonly label: string;
  values(): Iterable<readonly [label: string, value: number]>;
}

export interface ServerExtension {
  /** They come before the server's own. */
  readonly routes: readonly Route[];
  /** Come beside the server's own. */
  readonly figures?: readonly Figure[];
  /** What /healthz tells of it to those who may look inside. */
  health?(): Readonly<Record<string, unknown>>;
  /** Reads its files again; what cannot be used it logs, and goes on with what was there before. */
  reload?(): Promise<void>;
  close?(): void;
}
