/** The page's elements by tag, so that `querySelector` knows their types. */
import type { ListenableApp } from "./components/app.ts";
import type { OfflineNote } from "./components/offline-note.ts";
import type { SourcePanel } from "./components/source-panel.ts";
import type { WelcomeCard } from "./components/welcome-card.ts";
import type { FreezeMoment } from "./moment/panel/freeze-moment.ts";

declare global {
  interface HTMLElementTagNameMap {
    "freeze-moment": FreezeMoment;
    "listenable-app": ListenableApp;
    "offline-note": OfflineNote;
    "source-panel": SourcePanel;
    "welcome-card": WelcomeCard;
  }
}
