import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { letter, percent } from "../../kit/format.ts";
import { volumeIcon } from "../../kit/icons.ts";
import { radioRow } from "../../kit/radio-row.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import { type Listening, listenings } from "../../live/live-explainer.ts";
import { choiceKeys } from "../choice-keys.ts";
import { emit } from "./emit.ts";

/** Which of the three aligned sounds is heard, how loud, and whether all three are as loud as the original. */
@customElement("listening-switch")
export class ListeningSwitch extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(9rem, 13rem);
        gap: 0.75rem 1.5rem;
        align-items: center;
      }
      .choices {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 0.25rem;
        padding: 0.25rem;
        border-radius: 0.875rem;
        background: var(--sunken);
      }
      .choices span.face {
        flex-direction: column;
        gap: 0;
        min-height: 3.25rem;
        padding: 0.375rem 0.25rem;
        border-color: transparent;
        background: transparent;
        line-height: 1.3;
        text-align: center;
      }
      .choices input:checked + span.face {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--on-accent);
      }
      .hint {
        color: var(--soft);
        font-size: 0.8125rem;
        font-weight: 400;
      }
      input:checked + .face .hint,
      input:checked + .face kbd {
        color: inherit;
      }
      kbd {
        position: absolute;
        top: 0.375rem;
        right: 0.625rem;
        color: var(--soft);
        font: 0.75rem / 1.2 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
      }
      .loudness {
        display: grid;
        gap: 0.25rem;
        font-size: 0.875rem;
      }
      .volume {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) 3rem;
        gap: 0.5rem;
        align-items: center;
      }
      output {
        color: var(--soft);
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        text-align: right;
      }
      .off {
        margin-top: 0.625rem;
      }
      @media (max-width: 50rem) {
        .row {
          grid-template-columns: 1fr;
        }
      }
      @media (max-width: 30rem) {
        .choices span.face {
          font-size: 0.9375rem;
        }
        .hint {
          font-size: 0.75rem;
          line-height: 1.2;
        }
      }
      @media (max-width: 22rem) {
        .choices span.face {
          padding-inline: 0;
          font-size: 0.8125rem;
        }
      }
      @media (hover: none), (max-width: 50rem) {
        kbd {
          display: none;
        }
      }
    `,
  ];

  @property() value: Listening = "explanation";
  /** 0 to 1. */
  @property({ type: Number }) volume = 0.8;
  @property({ type: Boolean }) matchLoudness = true;
  /** Whether keys switch. */
  @property({ type: Boolean }) shortcuts = true;
  /** Why nothing is heard although the volume is up, or empty. */
  @property() silentBecause = "";

  override render() {
    const said = words.page.listening;
    return html`
      <div class="row">
        ${radioRow({
          name: "listening",
          legend: said.name,
          legendStyle: "visually-hidden",
          values: listenings,
          chosen: this.value,
          spoken: (value) => `${said.titles[value]}: ${said.hints[value]}`,
          keys: this.shortcuts ? choiceKeys : undefined,
          face: (value, k) => html`
            ${said.titles[value]}<span class="hint">${said.hints[value]}</span>
            ${this.shortcuts ? html`<kbd aria-hidden="true">${letter(k)}</kbd>` : nothing}
          `,
          onChoose: (value) => emit(this, "choose-listening", value),
        })}
        <div class="loudness">
          <label class="volume">
            ${volumeIcon}
            <input
              type="range"
              min="0"
              max="100"
              step="1"
              aria-label=${said.volume}
              aria-valuetext=${percent(this.volume)}
              .value=${String(Math.round(this.volume * 100))}
              @input=${(event: Event) => emit(this, "set-volume", Number((event.target as HTMLInputElement).value) / 100)}
            />
            <output aria-hidden="true">${percent(this.volume)}</output>
          </label>
          <label class="check soft" title=${words.moment.matchHint}>
            <input
              type="checkbox"
              name="match-loudness"
              .checked=${this.matchLoudness}
              @change=${() => emit(this, "match-loudness", !this.matchLoudness)}
            />
            ${words.moment.match}
          </label>
        </div>
      </div>
      ${this.silentBecause ? html`<p class="off soft">${this.silentBecause}</p>` : nothing}
    `;
  }
}
