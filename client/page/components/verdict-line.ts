import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { barStyles } from "../../kit/bar-styles.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import { emit } from "./emit.ts";

/** The one large line on the page: what is heard now and how sure that is, or what is going on instead. */
@customElement("verdict-line")
export class VerdictLine extends WordsElement {
  static override styles = [
    sharedStyles,
    barStyles,
    css`
      .line {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.875rem;
        align-items: baseline;
        min-height: 3.25rem;
      }
      h2 {
        font-size: clamp(1.875rem, 1.2rem + 3vw, 3rem);
        font-weight: 700;
        line-height: 1.15;
        letter-spacing: -0.03em;
      }
      .quiet {
        color: var(--soft);
        font-weight: 500;
      }
      p {
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      button {
        margin-block: 0.5rem;
      }
      progress {
        width: 8rem;
        accent-color: var(--accent);
      }
      .sureness {
        position: relative;
        height: 0.5rem;
        margin-top: 0.375rem;
        border-radius: 0.25rem;
        background: var(--sunken);
      }
      .clip {
        height: 100%;
        overflow: hidden;
        border-radius: inherit;
      }
      /* Beside the classes that it considers, the same bar again would be one too many. */
      @media (min-width: 62rem) {
        .sureness {
          display: none;
        }
      }
      @media (forced-colors: active) {
        .fill {
          background: Highlight;
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property() headline = "";
  @property() sentence = "";
  /** Whether a class is believed; everything else is set more quietly. */
  @property({ type: Boolean }) sure = false;
  /** 0 to 1: how sure it is of what it hears, or of its best guess; undefined while nothing is heard. */
  @property({ attribute: false }) probability: number | undefined;
  /** From where on it believes itself. */
  @property({ type: Number }) threshold = 0.5;
  /** Whether the listener is asked to let this device explain. */
  @property({ type: Boolean }) offersDevice = false;
  /** 0 to 1 while something loads. */
  @property({ attribute: false }) progress: number | undefined;

  override render() {
    return html`
      <div class="line">
        <h2 class=${this.sure ? "" : "quiet"}>${this.headline}</h2>
        <p>
          ${this.progress === undefined ? nothing : html`<progress aria-label=${words.page.status.loading} max="1" .value=${this.progress}></progress>`}
          ${this.sentence}
        </p>
        ${
          this.offersDevice
            ? html`<button class="primary" @click=${() => emit(this, "choose-engine", "local")}>${words.page.unexplained.useDevice}</button>`
            : nothing
        }
      </div>
      <div class="sureness ${this.sure ? "sure" : ""}" aria-hidden="true">
        <div class="clip">
          <div class="fill" .style=${`--share: ${(100 * (this.probability ?? 0)).toFixed(1)}%`}></div>
        </div>
        ${
          this.probability === undefined
            ? nothing
            : html`<div class="mark" .style=${`--at: ${(100 * this.threshold).toFixed(1)}%`}></div>`
        }
      </div>
    `;
  }
}
