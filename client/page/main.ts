import { COMPAT_PAGE } from "../../protocol/pages.ts";
import { readSettings, tokenOf } from "../kit/parameters.ts";
import { builtInSounds } from "../kit/sounds/index.ts";
import { workletSupport } from "../live/audio/worklet-support.ts";
import { createLiveExplainer } from "../live/create-live-explainer.ts";
import { mount } from "./mount.ts";
import { keepOffline } from "./offline/keep-offline.ts";
import "./components/offline-note.ts";

// The compatible page is for those who need it: its content policy is the weaker one.
const needless = workletSupport() === "native" && location.pathname.endsWith(`/${COMPAT_PAGE}`);
if (needless) location.replace(`./${location.search}${location.hash}`);

const sounds = builtInSounds.map(({ name }) => name);
const settings = readSettings(location.search, sounds);
if (!needless) {
  const explainer = createLiveExplainer({
    server: "./",
    pack: settings.pack,
    serverToken: tokenOf(location.hash),
  });
  mount(explainer, settings);
  const note = document.querySelector("offline-note");
  const keeper = await keepOffline({
    base: new URL("./", document.baseURI).href,
    packUrl: async () => (await explainer.pack()).url,
    onState: (state) => note?.show(state),
  });
  if (note) note.keeper = keeper;
}
