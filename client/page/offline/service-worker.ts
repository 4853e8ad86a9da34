/**
 * Keeps the page for when there is no network: its own files as they were built, packs as they were used. A new build is
 * fetched whole before it may take over, and takes over when no page of the old one is open, or when the only one asks.
 */
import type { PageToServiceWorker, ServiceWorkerToPage } from "./messages.ts";
import { PackFiles } from "./pack-files.ts";
import { PageFiles, type PinnedFile } from "./page-files.ts";
import { scope } from "./worker-scope.ts";

/** The build puts them in. */
declare const PAGE_FILES: readonly PinnedFile[];
declare const PAGE_VERSION: string;

const base = new URL("./", scope.registration.scope).href;
const get = (request: Request) => fetch(request);
const page = new PageFiles({ caches, fetch: get, base, version: PAGE_VERSION, files: PAGE_FILES });
const packs = new PackFiles({ caches, fetch: get, base });

scope.addEventListener("install", (event) => event.waitUntil(page.keepAll()));
scope.addEventListener("activate", (event) => event.waitUntil(page.removeOthers()));

// Everything else, the explaining connection and the state of the server among it, is left alone.
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = page.addressOf(request);
  if (address !== undefined) event.respondWith(page.answer(address, request));
  else if (packs.isOne(request)) event.respondWith(packs.answer(request));
});

scope.addEventListener("message", (event) => {
  const message = event.data as PageToServiceWorker;
  const answer = (said: ServiceWorkerToPage) => event.ports[0]?.postMessage(said);
  switch (message.type) {
    case "keep-pack":
      event.waitUntil(
        packs.keepAll(message.url).then(
          () => answer({ kept: true }),
          () => answer({ kept: false }),
        ),
      );
      return;
    case "take-over":
      event.waitUntil(takeOver().then((tookOver) => answer({ tookOver })));
      return;
    default:
      message satisfies never;
  }
});

/** Another open page would get the new build's files beside its own. */
async function takeOver(): Promise<boolean> {
  const open = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.length > 1) return false;
  await scope.skipWaiting();
  return true;
}
