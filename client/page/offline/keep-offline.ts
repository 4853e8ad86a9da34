/** The page's side: starts the service worker, hands it the pack, and tells when another build waits. */
import { SERVICE_WORKER } from "../../../protocol/pages.ts";
import type { PageToServiceWorker, ServiceWorkerToPage } from "./messages.ts";

interface KeepOfflineParts {
  /** Of the page's folder, with its last slash. */
  readonly base: string;
  /** Folder of the pack that is to be kept, as a URL; rejects when there is none. */
  readonly packUrl: () => Promise<string>;
  readonly onState: (state: OfflineState) => void;
}

export type OfflineState =
  /** From now on the page starts and explains without a network. */
  | "kept"
  /** Another build is here, whole, and waits. */
  | "update-waits"
  /** It can't take over while other pages are open. */
  | "others-open";

/** Does nothing where there are no service workers; a failure is none of the listener's business. */
export async function keepOffline(parts: KeepOfflineParts): Promise<OfflineKeeper | undefined> {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return undefined;
  try {
    const registration = await serviceWorker.register(new URL(SERVICE_WORKER, parts.base));
    const keeper = new OfflineKeeper(registration, parts);
    void keeper.keepPack();
    return keeper;
  } catch {
    return undefined;
  }
}

export class OfflineKeeper {
  readonly #registration: ServiceWorkerRegistration;
  readonly #parts: KeepOfflineParts;

  constructor(registration: ServiceWorkerRegistration, parts: KeepOfflineParts) {
    this.#registration = registration;
    this.#parts = parts;
    if (registration.waiting && registration.active) this.#updateWaits();
    registration.addEventListener("updatefound", () => {
      const { installing, active } = registration;
      // The first one has nothing to wait for.
      if (!installing || !active) return;
      installing.addEventListener("statechange", () => {
        if (installing.state === "installed") this.#updateWaits();
      });
    });
  }

  async keepPack(): Promise<void> {
    const { active } = await navigator.serviceWorker.ready;
    const url = await this.#parts.packUrl().catch(() => undefined);
    if (!active || url === undefined) return;
    const answer = await ask(active, { type: "keep-pack", url });
    if ("kept" in answer && answer.kept) this.#parts.onState("kept");
  }

  /** The waiting build takes over and the page is loaded anew, unless other pages are open. */
  async update(): Promise<void> {
    const { waiting } = this.#registration;
    if (!waiting) return;
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    const answer = await ask(waiting, { type: "take-over" });
    if ("tookOver" in answer && !answer.tookOver) this.#parts.onState("others-open");
  }

  #updateWaits(): void {
    this.#parts.onState("update-waits");
  }
}

function ask(worker: ServiceWorker, message: PageToServiceWorker): Promise<ServiceWorkerToPage> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
    worker.postMessage(message, [port2]);
  });
}
