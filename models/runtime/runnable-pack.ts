/** An open pack whose methods can be run: it chooses no runtime and loads no graph before somebody asks. */
import type { OpenPack } from "../pack/open-pack.ts";
import { packMethod } from "../pack/pack.ts";
import { loadClassifier, loadWhole } from "./load-cut.ts";
import type { LoadedMethod } from "./load-method.ts";
import type { Runtime } from "./runtime.ts";

export interface RunnablePack extends OpenPack {
  /** Which onnxruntime runs it; chosen when first asked for. Rejects when none can be loaded. */
  runtime(): Promise<Runtime>;
  /**
   * The named method, or the pack's first: loaded once, kept until `close`, shared by all who ask. Runs that overlap take
   * turns, so their arrays must stay as they are until they are answered. Closed before, it is loaded anew when asked for
   * again. Rejects with a PackError.
   */
  method(name?: string): Promise<LoadedMethod>;
  /**
   * The classifier that all methods explain, without one: the same probabilities for less work, and masks of zeros.
   *
   * @param from the method whose graph it is cut out of where the pack was not prepared; the first when left out.
   */
  classifier(from?: string): Promise<LoadedMethod>;
  /** Lets runs end and gives all memory back; nothing can be loaded afterwards. */
  close(): Promise<void>;
}

/** @param start makes the runtime, at most once. */
export function runnablePack(opened: OpenPack, start: () => Runtime | Promise<Runtime>): RunnablePack {
  const { pack } = opened;
  const loaded = new Map<string, Promise<LoadedMethod>>();
  let started: Promise<Runtime> | undefined;
  let closed = false;

  const runtime = async () => {
    started ??= Promise.resolve(start());
    return started;
  };
  const load = (key: string, make: (runtime: Runtime) => Promise<LoadedMethod>) => {
    if (closed) throw new Error(`pack ${pack.name} was closed; open it again`);
    const kept = loaded.get(key);
    if (kept) return kept;
    const forget = () => loaded.delete(key);
    const method = runtime()
      .then(make)
      .then((made) => inTurns(made, forget));
    loaded.set(key, method);
    // What could not be fetched now may be there the next time.
    method.catch(forget);
    return method;
  };

  return {
    ...opened,
    runtime,
    method: async (name) => {
      const { name: known } = packMethod(pack, name);
      return load(`method ${known}`, (on) => loadWhole(on, opened, known));
    },
    classifier: async (from) => load("classifier", (on) => loadClassifier(on, opened, from)),
    close: async () => {
      closed = true;
      const methods = await Promise.allSettled(loaded.values());
      await Promise.all(methods.map((method) => method.status === "fulfilled" && method.value.close()));
    },
  };
}

/** The same method for several callers, who need not know of each other; whoever closes it closes it for all. */
function inTurns(loaded: LoadedMethod, onClose: () => void): LoadedMethod {
  const { pack, method, runtime, maskShape, streaming } = loaded;
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    ...{ pack, method, runtime, maskShape },
    streaming: streaming && { ...streaming, hear: (...question) => next(() => streaming.hear(...question)) },
    run: (...question) => next(() => loaded.run(...question)),
    close: () => {
      onClose();
      return next(() => loaded.close());
    },
  };
}
