const TRIED = "listenable.left-service-worker";

/**
 * For a page that takes everything from its server: where the same browser has also opened the live page, this page is
 * loaded once more without that one's service worker. Resolves when there is none.
 */
export async function leaveServiceWorker(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker?.controller) return;
  const registration = await serviceWorker.getRegistration().catch(() => undefined);
  await registration?.unregister().catch(() => false);
  try {
    if (sessionStorage.getItem(TRIED)) return;
    sessionStorage.setItem(TRIED, "yes");
  } catch {
    // Without storage nobody can tell whether this was tried, and pages must not load themselves for ever.
    return;
  }
  location.reload();
  await new Promise(() => {});
}
