/** Served in place of service-worker.js, it undoes all that one did: every browser then asks the server for everything again. */
import { removeEverything } from "./page-files.ts";
import { scope } from "./worker-scope.ts";

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) =>
  event.waitUntil(
    removeEverything(caches, scope.registration.scope).then(() => scope.registration.unregister()),
  ),
);
