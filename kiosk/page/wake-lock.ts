/** Keeps the screen on, as far as the browser can; it lets go whenever the page is hidden. */
export function keepAwake(): void {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
