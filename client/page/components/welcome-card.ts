import { css, html } from "lit";
import { customElement } from "lit/decorators.js";
import { playIcon } from "../../kit/icons.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import { emit } from "./emit.ts";

/** What this is, in three sentences, for those who are here for the first time. */
@customElement("welcome-card")
export class WelcomeCard extends WordsElement {
  static override shadowRootOptions = { ...WordsElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    sharedStyles,
    css`
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.875rem 1.5rem;
        align-items: center;
        border-color: var(--accent);
        background: var(--tint);
      }
      p {
        max-width: 60rem;
        text-wrap: pretty;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      .primary {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
      }
      @media (max-width: 62rem) {
        .card {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  override render() {
    const said = words.page.welcome;
    return html`
      <section class="card" aria-label=${said.name}>
        <p>${said.sentences.join(" ")}</p>
        <div class="buttons">
          <button class="primary" @click=${() => emit(this, "try-sound", undefined)}>${playIcon}${said.tryIt}</button>
          <button @click=${() => emit(this, "close-welcome", undefined)}>${said.close}</button>
        </div>
      </section>
    `;
  }
}
