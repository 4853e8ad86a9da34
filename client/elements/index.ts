/** `listenable/elements`: custom elements for any page. */
export { SpectrogramView } from "../kit/spectrogram/spectrogram-view.ts";
