/** The inside of a thread that runs models: answers one call after the other, as a graph runs once at a time. */
import { parentPort, workerData } from "node:worker_threads";
import {
  type CallName,
  type FromThread,
  type Progress,
  type Reply,
  type Request,
  type ThreadContract,
  type ToThread,
  toldError,
} from "./thread-contract.ts";

/** What a call may do besides answering. */
interface CallContext<Part> {
  progress(part: Part): void;
  /** Memory that moves with the reply instead of being copied; it is gone here then. */
  give(...memory: ArrayBuffer[]): void;
}

type CallHandlers<C extends ThreadContract> = {
  readonly [Name in CallName<C>]: (
    request: Request<C, Name>,
    context: CallContext<Progress<C, Name>>,
  ) => Reply<C, Name> | Promise<Reply<C, Name>>;
};

interface ServedThread<C extends ThreadContract> {
  readonly ready: C["ready"];
  readonly calls: CallHandlers<C>;
}

/** Signs of life are no closer to each other. */
const ALIVE_MS = 100;

/**
 * Serves a `ModelThread` from here on. What `open` throws makes the thread unusable, and ends it.
 *
 * @param open loads what the calls need. `alive` is for calls that take longer than the thread may be silent: called
 *   now and then, as before every run of the model, it says that they go on. (A timer would not do: between two runs on
 *   WASM the event loop does not turn.)
 */
export async function serveCalls<C extends ThreadContract>(
  open: (settings: C["settings"], alive: () => void) => Promise<ServedThread<C>>,
): Promise<void> {
  const port = parentPort!;
  const send = (message: FromThread<C>, memory: ArrayBuffer[] = []) => port.postMessage(message, memory);

  let told = 0;
  const alive = () => {
    const now = performance.now();
    if (now - told < ALIVE_MS) return;
    told = now;
    send({ type: "alive" });
  };

  async function answer<Name extends CallName<C>>(
    { calls }: ServedThread<C>,
    name: Name,
    request: Request<C, Name>,
  ): Promise<void> {
    const memory: ArrayBuffer[] = [];
    try {
      const reply = await calls[name](request, {
        progress: (part) => send({ type: "progress", part }),
        give: (...more) => memory.push(...more),
      });
      send({ type: "reply", reply }, memory);
    } catch (error) {
      send({ type: "failed", error: toldError(error) });
    }
  }

  try {
    const served = await open(workerData, alive);
    let before = Promise.resolve();
    port.on("message", (message: ToThread<C>) => {
      if (message.type === "drop") process.exit();
      before = before.then(() =>
        message.type === "finish" ? port.close() : answer(served, message.name, message.request),
      );
    });
    send({ type: "ready", ready: served.ready });
  } catch (error) {
    send({ type: "unusable", error: toldError(error) });
    port.close();
  }
}
