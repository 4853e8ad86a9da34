import { Worker } from "node:worker_threads";

/**
 * Starts a thread from a file beside the caller's. Built, it is `<name>.js` in the same folder as the command; from the
 * sources it is `<name>.ts`, which Node only understands in a new thread after tsx was registered there.
 *
 * @param caller the caller's `import.meta.url`.
 */
export function startThread(name: string, caller: string, workerData: unknown): Worker {
  if (!caller.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, caller), { workerData });
  const file = new URL(`./${name}.ts`, caller).href;
  const tsx = import.meta.resolve("tsx/esm/api");
  const start = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(file)}); })`;
  return new Worker(start, { eval: true, workerData });
}
