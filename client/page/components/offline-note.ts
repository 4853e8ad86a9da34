import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import type { OfflineKeeper, OfflineState } from "../offline/keep-offline.ts";

/** Tells when a new version of the page waits. For tests the host carries `data-state`. */
@customElement("offline-note")
export class OfflineNote extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .card {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        margin-bottom: clamp(0.75rem, 1.5vw, 1.125rem);
      }
    `,
  ];

  @state() private state: OfflineState | undefined;
  keeper: Pick<OfflineKeeper, "update"> | undefined;

  show(state: OfflineState): void {
    // What waits is not made unsaid by what is kept.
    if (state === "kept" && this.state !== undefined) return;
    this.state = state;
    this.dataset["state"] = state;
  }

  override render() {
    return html`<div role="status">${this.#note()}</div>`;
  }

  #note() {
    const said = words.page.update;
    if (this.state === undefined || this.state === "kept") return nothing;
    const others = this.state === "others-open";
    return html`
      <div class="card">
        <span>${others ? said.others : said.waits}</span>
        <button @click=${() => void this.keeper?.update()}>${said.load}</button>
      </div>
    `;
  }
}
