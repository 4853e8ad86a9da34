import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { playIcon, stopIcon } from "../../../kit/icons.ts";
import { radioRow } from "../../../kit/radio-row.ts";
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
      ${radioRow({
        name: "moment-listening",
        legend: words.moment.listen,
        legendStyle: "visually-hidden",
        layout: "three",
        values: listenings,
        chosen: this.listening,
        keys: this.shortcuts ? choiceKeys : undefined,
        face: (listening) => words.moment.sound[listening],
        onChoose: (listening) => tell(this, "hear-sound", listening),
      })}
    `;
  }

  #whichSide() {
    return radioRow({
      name: "moment-side",
      legend: words.moment.whichSide,
      legendStyle: "visually-hidden",
      values: [...this.sides.keys()],
      chosen: this.side,
      face: (k) => words.moment.hear(this.sides[k]!),
      onChoose: (k) => tell(this, "hear-side", k),
    });
  }
}
