import { customElement } from "lit/decorators.js";
import { SpectrogramView } from "../kit/spectrogram/spectrogram-view.ts";

/**
 * `<listenable-spectrogram>`: the picture alone, for pages that have a live explainer of their own. Give it the explainer's
 * `columns$` as `columns` and its `columnPorts$` as `ports`, and `sampleRate`, `hop` and `bins` of its pack; `plain` leaves the
 * controls out.
 */
@customElement("listenable-spectrogram")
export class ListenableSpectrogram extends SpectrogramView {}

declare global {
  interface HTMLElementTagNameMap {
    "listenable-spectrogram": ListenableSpectrogram;
  }
}
