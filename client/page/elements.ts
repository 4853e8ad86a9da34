/** The page's elements by tag, so that `querySelector` knows their types. */
import type { ListenableApp } from "./components/app.ts";
import type { SourcePanel } from "./components/source-panel.ts";

declare global {
  interface HTMLElementTagNameMap {
    "listenable-app": ListenableApp;
    "source-panel": SourcePanel;
  }
}
