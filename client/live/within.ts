import { EngineError } from "../../protocol/engine.ts";

/** The work's result, or a "timeout" after `ms`; the work itself goes on and its end is ignored. */
export async function answerWithin<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const silent = () => reject(new EngineError("timeout", `the engine was silent for ${ms / 1_000} s`));
    timer = setTimeout(silent, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
