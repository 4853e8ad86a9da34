/** What the HTTP room tells of itself while it works, for whoever counts. Calls are cheap and never throw. */

export interface HttpObserver {
  /** Somebody was turned away. */
  refused(reason: HttpRefusal): void;
  httpAnswered(status: number): void;
  /** An answer was ended because its client hardly read it. */
  downloadCut(): void;
}

export type HttpRefusal =
  | "host"
  | "origin"
  | "token"
  | "figures"
  | "address-connections"
  | "address-requests"
  | "connection-share";

export const NO_HTTP_OBSERVER: HttpObserver = {
  refused() {},
  httpAnswered() {},
  downloadCut() {},
};

/** The part of pino's logger that is used here. Neither headers nor queries are ever among the facts. */
export interface HttpLog {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
}
