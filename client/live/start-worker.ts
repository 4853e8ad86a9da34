/**
 * Starts a module worker, from any origin. Browsers start workers of the page's own origin alone; of another one, a script
 * of one line imports it, for which that origin must send CORS headers and a content policy must allow `worker-src blob:`.
 *
 * @throws what the browser throws where a content policy forbids the worker; others tell by its "error" event.
 */
export function startWorker(url: string, name: string): Worker {
  const options = { type: "module", name } as const;
  if (isOfThisOrigin(url)) return new Worker(trusted(url), options);
  const line = new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(line);
  const worker = new Worker(trusted(address), options);
  const revoke = () => URL.revokeObjectURL(address);
  for (const type of ["message", "error"]) worker.addEventListener(type, revoke, { once: true });
  return worker;
}

export function isOfThisOrigin(url: string): boolean {
  return new URL(url, document.baseURI).origin === location.origin;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string;
  };
}

/** For policies that demand trusted types (`require-trusted-types-for 'script'`): the address is the build's own. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("listenable-worker", { createScriptURL: (each) => each });
  return policy?.createScriptURL(url) ?? url;
}
let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;
