import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * Starts a thread from a file beside the caller's. Built, it is `<name>.js` in the same folder as the command; from the
 * sources it is `<name>.ts`, which Node only understands in a new thread after tsx was registered there.
 *
 * @param caller the caller's `import.meta.url`.
 * @throws Error when the file is not there.
 */
export function startThread(name: string, caller: string, workerData: unknown): Worker {
  const fromSources = caller.endsWith(".ts");
  const file = new URL(`./${name}.${fromSources ? "ts" : "js"}`, caller);
  if (!existsSync(file)) {
    throw new Error(`${fileURLToPath(file)} is missing, a part of Listenable: build it or install it again`);
  }
  if (!fromSources) return new Worker(file, { workerData });
  const tsx = import.meta.resolve("tsx/esm/api");
  const start = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(start, { eval: true, workerData });
}
