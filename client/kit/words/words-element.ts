import { LitElement } from "lit";
import { onLanguage } from "./words.ts";

/** An element that is drawn again when another language is chosen. */
export class WordsElement extends LitElement {
  #forget: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#forget = onLanguage(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget?.();
    this.#forget = undefined;
  }
}
