/** What pages and the service worker tell each other. */

export type PageToServiceWorker =
  /** Keeps this pack, whole, for when there is no network; a folder's URL that ends in "/". */
  | { readonly type: "keep-pack"; readonly url: string }
  /** The waiting version is to take over, if this page is the only one that is open. */
  | { readonly type: "take-over" };

/** Sent to the port that came with the message. */
export type ServiceWorkerToPage = { readonly kept: boolean } | { readonly tookOver: boolean };
