import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { StudyView } from "../../protocol.ts";
import { studyStyles } from "./study-styles.ts";

/** What the study is about and what is kept; sends "act" when the person agrees. */
@customElement("consent-step")
export class ConsentStep extends WordsElement {
  @property({ attribute: false }) view!: StudyView;
  @state() private agreed = false;

  static override styles = [sharedStyles, studyStyles];

  override render() {
    const { welcome, consent, agree } = this.view.texts;
    return html`<div class="step card">
      ${welcome.map((text) => html`<p>${text}</p>`)}
      <h2>${words.study.consentHeading}</h2>
      ${consent.map((text) => html`<p>${text}</p>`)}
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.agreed}
          @change=${(event: Event) => {
            this.agreed = (event.target as HTMLInputElement).checked;
          }}
        />
        <span>${agree}</span>
      </label>
      <div class="row">
        <button
          type="button"
          class="primary"
          ?disabled=${!this.agreed}
          @click=${() => this.dispatchEvent(new CustomEvent("act", { detail: { kind: "consented" } }))}
        >
          ${words.study.begin}
        </button>
      </div>
    </div>`;
  }
}
