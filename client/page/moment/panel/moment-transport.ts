import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { playIcon, stopIcon } from "../../../kit/icons.ts";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import { type Listening, listenings } from "../../../live/live-explainer.ts";
import { choiceKeys } from "../../choice-keys.ts";
import { tell } from "./moment-events.ts";

/** Plays and stops, and says what is heard: which of the three sounds, and of which side where two are compared. */
@customElement("moment-transport")
export class MomentTransport extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        padding: 0.5rem 0;
        background: var(--surface);
      }
      .play {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
        justify-content: center;
        min-width: 7rem;
      }
      .choices {
        flex-wrap: nowrap;
        gap: 0.25rem;
        padding: 0.25rem;
        border-radius: 0.875rem;
        background: var(--sunken);
      }
      .choices label {
        flex: 1 1 auto;
      }
      .choices span.face {
        border-color: transparent;
        background: transparent;
      }
      .choices input:checked + span.face {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--on-accent);
      }
      @media (max-width: 40rem) {
        .play {
          flex: 1 1 auto;
        }
        .three {
          flex: 1 1 100%;
        }
        .choices span.face {
          padding: 0.375rem 0.5rem;
        }
      }
    `,
  ];

  /** To focus it is to focus Play. */
  static override shadowRootOptions = { ...WordsElement.shadowRootOptions, delegatesFocus: true };

  @property() listening: Listening = "explanation";
  @property({ type: Boolean }) playing = false;
  /** Names of the sides that can be heard. */
  @property({ attribute: false }) sides: readonly string[] = [];
  @property({ type: Number }) side = 0;
  @property({ type: Boolean }) shortcuts = true;

  override render() {
    return html`
      <button class="play primary" @click=${() => tell(this, "toggle-moment", undefined)}>
        ${this.playing ? html`${stopIcon}${words.moment.stop}` : html`${playIcon}${words.moment.play}`}
      </button>
      ${this.sides.length > 1 ? this.#whichSide() : nothing}
      <fieldset class="three">
        <legend class="visually-hidden">${words.moment.listen}</legend>
        <div class="choices">
          ${listenings.map(
            (listening, k) => html`
              <label>
                <input
                  type="radio"
                  name="moment-listening"
                  value=${listening}
                  .checked=${this.listening === listening}
                  aria-keyshortcuts=${this.shortcuts ? choiceKeys(k) : nothing}
                  @change=${() => tell(this, "hear-sound", listening)}
                /><span class="face">${words.moment.sound[listening]}</span>
              </label>
            `,
          )}
        </div>
      </fieldset>
    `;
  }

  #whichSide() {
    return html`
      <fieldset>
        <legend class="visually-hidden">${words.moment.whichSide}</legend>
        <div class="choices">
          ${this.sides.map(
            (name, k) => html`
              <label>
                <input
                  type="radio"
                  name="moment-side"
                  value=${k}
                  .checked=${this.side === k}
                  @change=${() => tell(this, "hear-side", k)}
                /><span class="face">${words.moment.hear(name)}</span>
              </label>
            `,
          )}
        </div>
      </fieldset>
    `;
  }
}
