import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { sharedStyles } from "./shared-styles.ts";

/** The one large line on the page: what is heard now, or what is going on instead. */
@customElement("verdict-line")
export class VerdictLine extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.875rem;
        align-items: baseline;
        min-height: 3rem;
      }
      h2 {
        font-size: clamp(1.625rem, 1.2rem + 2vw, 2.25rem);
        font-weight: 650;
        line-height: 1.2;
        letter-spacing: -0.025em;
      }
      .quiet {
        color: var(--soft);
        font-weight: 500;
      }
      p {
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      progress {
        width: 8rem;
        accent-color: var(--accent);
      }
    `,
  ];

  @property() headline = "";
  @property() sentence = "";
  /** Whether a class is believed; everything else is set more quietly. */
  @property({ type: Boolean }) sure = false;
  /** 0 to 1 while something loads. */
  @property({ attribute: false }) progress: number | undefined;

  override render() {
    return html`
      <div>
        <h2 class=${this.sure ? "" : "quiet"}>${this.headline}</h2>
        <p>
          ${this.progress === undefined ? "" : html`<progress aria-label="Loading" max="1" .value=${this.progress}></progress>`}
          ${this.sentence}
        </p>
      </div>
    `;
  }
}
