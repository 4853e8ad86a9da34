import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { COMPAT_PAGE } from "../../../protocol/pages.ts";
import { warningIcon } from "../../kit/icons.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import type { Problem } from "../../live/live-explainer.ts";

/** Where the page goes on, if this is not that page: everything chosen in the address stays. */
function compatAddress(): string | undefined {
  const { pathname, search, hash } = location;
  return pathname.endsWith(`/${COMPAT_PAGE}`) ? undefined : `${COMPAT_PAGE}${search}${hash}`;
}

/** A failure in plain words: what happened, the next step, and the technical detail folded away. */
@customElement("problem-card")
export class ProblemCard extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .card {
        display: flex;
        gap: 0.75rem;
        border-color: var(--warn);
        background: var(--warn-tint);
        box-shadow: none;
      }
      .icon {
        margin-top: 0.125rem;
        color: var(--warn);
      }
      strong {
        font-weight: 650;
      }
      .way-on {
        margin-top: 0.625rem;
      }
      .button {
        display: inline-flex;
        align-items: center;
        text-decoration: none;
      }
      details {
        margin-top: 0.375rem;
        color: var(--soft);
        font-size: 0.875rem;
      }
      summary {
        width: fit-content;
        cursor: pointer;
      }
      code {
        overflow-wrap: anywhere;
        font-size: 0.8125rem;
      }
    `,
  ];

  @property({ attribute: false }) problem: Problem | undefined;

  override render() {
    return html`<div role="alert">${this.problem ? this.#card(this.problem) : nothing}</div>`;
  }

  #card({ code, detail }: Problem) {
    const { what, next } = words.problems[code];
    return html`
      <div class="card" data-problem=${code}>
        ${warningIcon}
        <div>
          <p><strong>${what}</strong></p>
          <p>${next}</p>
          ${code === "worklet-missing" ? this.#compatible() : nothing}
          ${detail ? html`<details><summary>${words.page.problem.detail}</summary><code>${code}: ${detail}</code></details>` : nothing}
        </div>
      </div>
    `;
  }

  #compatible() {
    const address = compatAddress();
    if (address === undefined) return nothing;
    return html`
      <p>${words.page.problem.compatible}</p>
      <p class="way-on"><a class="button" href=${address}>${words.page.problem.openCompatible}</a></p>
    `;
  }
}
