import { css, html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import type { Figures } from "../../../../models/explain/figures.ts";
import { classesByName, percent } from "../../../kit/format.ts";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { titleText, words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import type { Moment } from "../../../live/live-explainer.ts";
import { figuresIn, type MomentVersion, type SampleSpan } from "../version.ts";
import type { MomentDrawing, MomentView } from "./moment-drawing.ts";
import { tell } from "./moment-events.ts";
import type { MomentPicture } from "./moment-picture.ts";
import { figureRows, labelName, unexplainedSeconds, versionTitle } from "./moment-words.ts";
import "./moment-picture.ts";

/** What a side is asked for, and how far that is. */
export interface SideState {
  readonly heard: boolean;
  readonly method: string;
  readonly target: number;
  /** 0 to 1 while it is worked on. */
  readonly progress: number | null;
  /** Why it could not be had. */
  readonly problem: string | null;
  /** What is shown and heard: the last that could be had. */
  readonly version: MomentVersion;
}

/** One explanation of the moment: what makes it, its picture, and what the classifier says of its parts. */
@customElement("moment-side")
export class MomentSide extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        min-width: 0;
      }
      .choose {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        margin-bottom: 0.625rem;
      }
      .name {
        display: grid;
        width: 1.75rem;
        height: 1.75rem;
        border-radius: 50%;
        background: var(--tint);
        color: var(--accent-strong);
        font-weight: 650;
        place-items: center;
      }
      .field {
        display: flex;
        gap: 0.5rem;
        align-items: center;
        min-width: 0;
      }
      .field select {
        min-width: 0;
        max-width: 15rem;
        min-height: 2.5rem;
        padding: 0.25rem 0.5rem;
      }
      .shown {
        position: relative;
        margin-bottom: 0.625rem;
      }
      /* Over the picture that is there until the new one is. */
      .work {
        position: absolute;
        top: 0.625rem;
        left: 50%;
        display: grid;
        gap: 0.375rem;
        width: 15rem;
        padding: 0.5rem 0.75rem;
        transform: translateX(-50%);
        border-radius: 0.625rem;
        background: var(--surface);
        font-size: 0.875rem;
        text-align: center;
        pointer-events: none;
      }
      progress {
        width: 100%;
        height: 0.5rem;
        accent-color: var(--accent);
      }
      .problem {
        padding: 0.5rem 0.75rem;
        border-radius: 0.625rem;
        background: var(--warn-tint);
        font-size: 0.875rem;
      }
      /* They are about what was shown before. */
      .figures[data-old] {
        visibility: hidden;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 6rem 3.25rem;
        gap: 0.25rem 0.75rem;
        align-items: center;
        max-width: 36rem;
        margin: 0.25rem 0 0;
        font-size: 0.9375rem;
      }
      dt {
        color: var(--soft);
      }
      dd {
        margin: 0;
        font-variant-numeric: tabular-nums;
        text-align: right;
      }
      .track {
        height: 0.5rem;
        overflow: hidden;
        border-radius: 0.25rem;
        background: var(--sunken);
      }
      .fill {
        width: var(--share);
        height: 100%;
        background: var(--accent);
      }
      @media (max-width: 40rem) {
        .field {
          flex: 1 1 100%;
        }
        .field select {
          flex: 1 1 auto;
          max-width: none;
        }
      }
      h3 {
        margin: 0.25rem 0 0;
        font-size: 0.9375rem;
        font-weight: 650;
      }
    `,
  ];

  @property({ attribute: false }) moment!: Moment;
  @property({ attribute: false }) drawing!: MomentDrawing;
  @property({ attribute: false }) side!: SideState;
  @property({ attribute: false }) span!: SampleSpan;
  @property() view: MomentView = "overlay";
  /** "A" or "B" where two are compared, else empty. */
  @property() name = "";
  @query("moment-picture") private picture!: MomentPicture;

  showCursor(sample: number | null): void {
    this.picture?.showCursor(sample);
  }

  override render() {
    const { moment, side, span } = this;
    const { version } = side;
    const figures = figuresIn(moment, version, span);
    return html`
      <section aria-label=${words.moment.side(this.name)} aria-busy=${side.progress === null ? "false" : "true"}>
        ${this.#choices()}
        <div class="shown">
        <moment-picture
          .moment=${moment}
          .drawing=${this.drawing}
          .version=${version}
          .span=${span}
          .view=${this.view}
          .explainer=${versionTitle(moment, version)}
        ></moment-picture>
        ${this.#work()}
        </div>
        ${this.#unexplained()}
        <div class="figures" ?data-old=${side.progress !== null}>
          ${version.windows.length > 0 ? this.#figures(figures) : nothing}
        </div>
      </section>
    `;
  }

  #choices() {
    const { side, moment } = this;
    const { methods, labels, other } = moment.pack;
    const heard = methods.find(({ name }) => name === moment.facts.method);
    const method = methods.find(({ name }) => name === side.method);
    const targetable = method?.target ?? false;
    const chooseMethod = (event: Event) => {
      const value = (event.target as HTMLSelectElement).value;
      if (value === "") {
        tell(this, "choose-version", {
          heard: true,
          method: moment.facts.method,
          target: moment.facts.target,
        });
        return;
      }
      const next = methods.find(({ name }) => name === value);
      tell(this, "choose-version", { heard: false, method: value, target: next?.target ? side.target : -1 });
    };
    const chooseTarget = (event: Event) =>
      tell(this, "choose-version", {
        heard: false,
        method: side.method,
        target: Number((event.target as HTMLSelectElement).value),
      });
    return html`
      <div class="choose">
        ${this.name ? html`<span class="name" aria-hidden="true">${this.name}</span>` : nothing}
        <label class="field">
          ${words.moment.method}
          <select data-choice="method" @change=${chooseMethod}>
            <option value="" .selected=${side.heard}>${words.moment.heardBy(titleText(heard?.title ?? ""))}</option>
            ${methods.map(
              ({ name, title }) =>
                html`<option value=${name} .selected=${!side.heard && name === side.method}>${titleText(title)}</option>`,
            )}
          </select>
        </label>
        <label class="field">
          ${words.moment.asked}
          <select
            data-choice="class"
            title=${targetable ? "" : words.moment.onlyWinner(titleText(method?.title ?? ""))}
            ?disabled=${!targetable}
            @change=${chooseTarget}
          >
            <option value="-1" .selected=${side.target === -1}>${words.moment.winner}</option>
            ${guard([labels, other, side.target, words], () =>
              classesByName(labels, other).map(
                ({ index, name }) =>
                  html`<option value=${index} .selected=${index === side.target}>${name}</option>`,
              ),
            )}
          </select>
        </label>
        ${
          side.problem === null
            ? nothing
            : html`<p class="problem" role="alert">${words.moment.failed(side.problem)}</p>`
        }
      </div>
    `;
  }

  #work() {
    const { progress, heard } = this.side;
    if (progress === null) return nothing;
    const doing = (heard ? words.moment.judging : words.moment.working)(percent(progress));
    return html`
      <div class="work">
        <span>${doing}</span><progress max="1" .value=${progress} aria-label=${doing}></progress>
      </div>
    `;
  }

  #unexplained() {
    const { moment, side, span } = this;
    const seconds = unexplainedSeconds(moment, side.version, span);
    return seconds === "" ? nothing : html`<p class="soft">${words.moment.unexplained(seconds)}</p>`;
  }

  #figures(figures: Figures | null) {
    if (!figures) {
      // Said above where that is why.
      const { moment, side, span } = this;
      const silent = unexplainedSeconds(moment, side.version, span) === "";
      return silent ? html`<p class="soft">${words.moment.silent}</p>` : nothing;
    }
    return html`
      <h3>${words.moment.says(labelName(this.moment.pack, figures.target))}</h3>
      <dl>
        ${figureRows(figures).map(
          ({ name, text, share }) => html`
            <dt>${name}</dt>
            <div>
              ${
                share === null
                  ? nothing
                  : html`<div class="track"><div class="fill" .style=${`--share: ${(100 * share).toFixed(1)}%`}></div></div>`
              }
            </div>
            <dd>${text}</dd>
          `,
        )}
      </dl>
    `;
  }
}
