import { tokenOf } from "../../client/kit/parameters.ts";
import { setLanguage } from "../../client/kit/words/words.ts";
import { leaveServiceWorker } from "../../client/page/offline/leave-service-worker.ts";
import { KioskSettingsError } from "../protocol.ts";
import { Cover } from "./cover.ts";
import { fetchKioskSettings, openKiosk } from "./open-kiosk.ts";
import { keepAwake } from "./wake-lock.ts";
import "./components/kiosk-app.ts";

await leaveServiceWorker();
const app = document.querySelector("listenable-kiosk");
const cover = new Cover(document.body);
try {
  const settings = await fetchKioskSettings(location.search);
  const { theme, language, title } = settings;
  if (theme !== "system") document.documentElement.dataset["theme"] = theme;
  setLanguage(language);
  if (title !== undefined) document.title = title;
  if (app) app.kiosk = openKiosk({ settings, token: tokenOf(location.hash), cover: () => cover.close() });
  keepAwake();
  await cover.open();
} catch (error) {
  // Only a mistake in the settings comes here: whoever sets the kiosk up has to read of it.
  if (!(error instanceof KioskSettingsError)) throw error;
  await cover.open();
  const text = document.createElement("p");
  text.className = "mistake";
  text.textContent = error.message;
  app?.replaceWith(text);
}
