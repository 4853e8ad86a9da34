import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import type { RankedClass } from "../../models/explain/class-decision.ts";
import { emit } from "../page/components/emit.ts";
import { barStyles } from "./bar-styles.ts";
import { classesByName, classTitle, percent } from "./format.ts";
import { sharedStyles } from "./shared-styles.ts";
import { words } from "./words/words.ts";
import { WordsElement } from "./words/words-element.ts";

const most = 5;

/** The classes most above their thresholds as bars, each with the line above which it is believed. */
@customElement("class-bars")
export class ClassBars extends WordsElement {
  static override styles = [
    sharedStyles,
    barStyles,
    css`
      .card {
        display: flex;
        flex-direction: column;
        height: 100%;
      }
      ol {
        display: grid;
        gap: 0.875rem;
        margin: 0.875rem 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.25rem 0.75rem;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .value {
        font-variant-numeric: tabular-nums;
      }
      .empty,
      .below {
        color: var(--soft);
      }
      .sure {
        font-weight: 600;
      }
      .past .fill {
        opacity: 0.45;
      }
      .bar {
        position: relative;
        grid-column: 1 / -1;
        height: 0.625rem;
      }
      .track {
        height: 100%;
        overflow: hidden;
        border-radius: 0.3125rem;
        background: var(--sunken);
      }
      .field {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 0.625rem;
        align-items: center;
        margin-top: 0.75rem;
      }
      @media (forced-colors: active) {
        .fill {
          background: Highlight;
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) ranked: readonly RankedClass[] = [];
  /** The one threshold of all classes, and undefined where each has its own. */
  @property({ attribute: false }) threshold: number | undefined;
  /** Whether each class has a yes or no of its own, so that the bars don't share one certainty. */
  @property({ type: Boolean }) alone = false;
  @property() other: string | undefined;
  /** Whether nothing is explained just now, so that this is what was considered before. */
  @property({ type: Boolean }) past = false;
  /** Of all classes that the model knows. */
  @property({ attribute: false }) labels: readonly string[] = [];
  /** Title of the method that explains, and whether it can be asked about any class. */
  @property() method = "";
  @property({ type: Boolean }) targetable = false;
  /** Class to explain; -1 is the winner. */
  @property({ type: Number }) target = -1;

  // Widths are set through the style object: a style attribute would need 'unsafe-inline' in the page's policy.
  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">${this.past ? words.page.classes.before : words.page.classes.title}</h2>
        <ol>
          ${Array.from({ length: Math.min(most, this.labels.length || most) }, (_, k) => this.#row(this.ranked[k]))}
        </ol>
        <p class="soft">${this.#legend()}</p>
        ${this.labels.length > 0 ? this.#question() : nothing}
      </section>
    `;
  }

  #legend(): string {
    const { threshold, thresholds, alone, mean } = words.page.classes;
    const marks = this.threshold === undefined ? thresholds : threshold(percent(this.threshold));
    return [marks, ...(this.alone ? [alone] : []), mean].join(" ");
  }

  /** "Why not rooster?": what speaks for a class that it does not hear. */
  #question() {
    const choose = (event: Event) =>
      emit(this, "choose-target", Number((event.target as HTMLSelectElement).value));
    const asked = this.labels[this.target];
    return html`
      <label class="field">
        ${words.page.classes.explain}
        <select @change=${choose} ?disabled=${!this.targetable}>
          <option value="-1" ?selected=${this.target === -1}>${words.page.classes.winner}</option>
          ${guard([this.labels, this.other, this.target, words], () =>
            classesByName(this.labels, this.other).map(
              ({ index, name }) =>
                html`<option value=${index} ?selected=${index === this.target}>${name}</option>`,
            ),
          )}
        </select>
      </label>
      ${
        this.targetable
          ? asked !== undefined
            ? html`<p class="soft" data-value="asked">${words.page.classes.asked(classTitle(asked, this.other))}</p>`
            : nothing
          : html`<p class="soft">${words.page.classes.onlyWinner(this.method || words.page.classes.thisMethod)}</p>`
      }
    `;
  }

  /** Before there is anything to show, marks stand where all classes have theirs. */
  #row(entry: RankedClass | undefined) {
    const share = entry?.probability ?? 0;
    const threshold = entry?.threshold ?? this.threshold;
    const sure = !this.past && entry && share >= entry.threshold && entry.label !== this.other;
    const state = !entry ? "empty" : this.past ? "below past" : sure ? "sure" : "below";
    return html`
      <li class=${state}>
        <span class="name">${entry ? classTitle(entry.label, this.other) : "–"}</span>
        <span class="value">${entry ? percent(share) : ""}</span>
        <div class="bar" aria-hidden="true">
          <div class="track">
            <div class="fill" .style=${`--share: ${(100 * share).toFixed(1)}%`}></div>
          </div>
          ${
            threshold === undefined
              ? nothing
              : html`<div class="mark" .style=${`--at: ${(100 * threshold).toFixed(1)}%`}></div>`
          }
        </div>
      </li>
    `;
  }
}
