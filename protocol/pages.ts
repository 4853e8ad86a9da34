/** Addresses that the server and the page agree on, relative to the page's own folder. */

/**
 * The same page under a content policy that lets an AudioWorklet polyfill work, which needs inline script and eval.
 * Only browsers and addresses without AudioWorklet are sent there; it lies beside the page, so that all relative
 * addresses stay the same.
 */
export const COMPAT_PAGE = "compat.html";

/** Keeps the page for when there is no network. */
export const SERVICE_WORKER = "service-worker.js";
/** Served in its place, it removes all that it kept, and itself. */
export const SERVICE_WORKER_OFF = "service-worker-off.js";

/** Where a page shows its access token once and gets a cookie for it. */
export const ACCESS_PATH = "access";
