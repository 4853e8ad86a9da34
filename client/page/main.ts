import { createLiveExplainer } from "../live/create-live-explainer.ts";
import { mount } from "./mount.ts";
import { readSettings } from "./parameters.ts";
import { builtInSounds } from "./sounds/index.ts";

const sounds = builtInSounds.map(({ name }) => name);
const settings = readSettings(location.search, sounds);
mount(createLiveExplainer({ pack: settings.pack }), settings);
