import { startLanguage } from "../kit/language.ts";
import type { Settings } from "../kit/parameters.ts";
import type { LiveExplainer } from "../live/live-explainer.ts";
import "./components/app.ts";
import "../kit/page-tools.ts";

/** Hands the explainer to the page's `<listenable-app>`, and closes it when the page is left for good. */
export function mount(explainer: LiveExplainer, settings: Settings): void {
  startLanguage();
  const app = document.querySelector("listenable-app");
  if (!app) throw new Error("the page has no <listenable-app>");
  app.settings = settings;
  app.explainer = explainer;
  window.addEventListener("pagehide", (event) => {
    // A page kept for the back button comes back to life with its explainer.
    if (!event.persisted) void explainer.close();
  });
}
