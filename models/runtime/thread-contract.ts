/** What a thread that runs models is started with and asked, as a type that both its sides share. */
import { PackError, type PackErrorCode } from "../pack/pack.ts";

interface CallShape {
  readonly request: unknown;
  readonly reply: unknown;
  /** What is told while the call runs; nothing when absent. */
  readonly progress?: unknown;
}

export interface ThreadContract {
  /** Given to the thread at its start. */
  readonly settings: unknown;
  /** Told once, when the thread can be asked. */
  readonly ready: unknown;
  /** Name to call. */
  readonly calls: { readonly [name: string]: CallShape };
}

export type CallName<C extends ThreadContract> = keyof C["calls"] & string;
export type Request<C extends ThreadContract, Name extends CallName<C>> = C["calls"][Name]["request"];
export type Reply<C extends ThreadContract, Name extends CallName<C>> = C["calls"][Name]["reply"];
export type Progress<C extends ThreadContract, Name extends CallName<C>> = C["calls"][Name] extends {
  readonly progress: infer Part;
}
  ? Part
  : never;

/** An error on its way between threads, which keep no classes. */
interface ToldError {
  readonly message: string;
  /** Of a PackError. */
  readonly code?: PackErrorCode;
}

export function toldError(error: unknown): ToldError {
  if (error instanceof PackError) return { message: error.message, code: error.code };
  return { message: error instanceof Error ? error.message : String(error) };
}

export function errorOf({ message, code }: ToldError): Error {
  return code ? new PackError(message, code) : new Error(message);
}

export type ToThread<C extends ThreadContract> =
  | {
      [Name in CallName<C>]: {
        readonly type: "call";
        readonly name: Name;
        readonly request: Request<C, Name>;
      };
    }[CallName<C>]
  /** End after the calls that were given before. */
  | { readonly type: "finish" }
  /** End at the next turn of the event loop. */
  | { readonly type: "drop" };

/** Calls are answered in the order in which they were given, so that no answer needs a number. */
export type FromThread<C extends ThreadContract> =
  | { readonly type: "ready"; readonly ready: C["ready"] }
  | { readonly type: "unusable"; readonly error: ToldError }
  | { readonly type: "reply"; readonly reply: Reply<C, CallName<C>> }
  | { readonly type: "failed"; readonly error: ToldError }
  | { readonly type: "progress"; readonly part: Progress<C, CallName<C>> }
  | { readonly type: "alive" };
