import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { count, milliseconds, rate } from "../../kit/format.ts";
import { engineChoices } from "../../kit/parameters.ts";
import { radioRow } from "../../kit/radio-row.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { titleText, words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import {
  type DelaySetting,
  delaySettings,
  type EngineChoice,
  type LocalOnly,
  type Timings,
} from "../../live/live-explainer.ts";
import { privacyText } from "../privacy.ts";
import { emit } from "./emit.ts";
import { latencyParts, latencyTotal, tooSlowForLive } from "./latency.ts";

/** How it runs: where the model works, how long everything takes, and what went wrong so far. */
@customElement("running-panel")
export class RunningPanel extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1.6fr);
        gap: 1.25rem 2.5rem;
      }
      .column {
        display: grid;
        gap: 0.75rem;
        align-content: start;
      }
      legend {
        margin-bottom: 0.5rem;
        font-size: 0.9375rem;
        font-weight: 650;
      }
      .agreement {
        display: flex;
        flex-wrap: wrap;
        gap: 0.625rem;
        padding: 0.75rem 1rem;
        border: 1px solid var(--accent);
        border-radius: 0.625rem;
        background: var(--tint);
        font-size: 0.875rem;
      }
      .description {
        overflow-wrap: anywhere;
      }
      .field {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 0.625rem;
        align-items: center;
      }
      .stack {
        display: flex;
        gap: 2px;
        height: 1rem;
        margin: 0.25rem 0;
        overflow: hidden;
        border-radius: 0.375rem;
        background: var(--sunken);
      }
      .stack div {
        flex: var(--ms) 0 0;
        background: var(--colour);
        transition: flex-grow var(--ease);
      }
      .parts {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr));
        gap: 0.25rem 1.5rem;
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: 0.875rem;
      }
      .parts li {
        display: flex;
        gap: 0.5rem;
        align-items: center;
      }
      .swatch {
        flex: none;
        width: 0.75rem;
        height: 0.75rem;
        border-radius: 0.1875rem;
        background: var(--colour);
      }
      .number {
        margin-left: auto;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      .c0 {
        --colour: var(--part-1);
      }
      .c1 {
        --colour: var(--part-2);
      }
      .c2 {
        --colour: var(--part-3);
      }
      .c3 {
        --colour: var(--part-4);
      }
      .c4 {
        --colour: var(--part-5);
      }
      dl {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 0.75rem 1.5rem;
        margin: 0.25rem 0 0;
        padding-top: 0.75rem;
        border-top: 1px solid var(--line);
      }
      dt {
        color: var(--soft);
        font-size: 0.8125rem;
      }
      dd {
        margin: 0;
        font-size: 1.125rem;
        font-variant-numeric: tabular-nums;
      }
      .warn {
        color: var(--warn);
      }
      @media (max-width: 50rem) {
        .card {
          grid-template-columns: 1fr;
        }
        .choices span.face {
          padding: 0.375rem 0.625rem;
          font-size: 0.9375rem;
        }
      }
      @media (max-width: 30rem) {
        dl {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
      }
      @media (forced-colors: active) {
        .stack div,
        .swatch {
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property() engine: EngineChoice = "local";
  /** Automatic was chosen and waits for the visitor's agreement. */
  @property({ type: Boolean }) asking = false;
  /** Whether the visitor agreed to Automatic, now or at an earlier visit. */
  @property({ type: Boolean }) agreed = false;
  @property() delay: DelaySetting = "balanced";
  /** Where the model works now, or undefined while nothing runs. */
  @property() engineInUse: "local" | "remote" | undefined;
  /** Why only this device can explain, or null when a server could. */
  @property() localOnly: LocalOnly | null = null;
  @property() description = "";
  @property({ attribute: false }) methods: readonly { name: string; title: string }[] = [];
  @property() method: string | undefined;
  @property({ type: Boolean }) shortcuts = true;
  @property({ attribute: false }) timings: Timings | undefined;

  override render() {
    return html`
      <section class="card" aria-label=${words.page.running.name}>
        <div class="column">${this.#engine()} ${this.#delay()} ${this.#method()} ${this.#shortcuts()}</div>
        <div class="column">${this.timings ? this.#timings(this.timings) : this.#noTimings()}</div>
      </section>
    `;
  }

  #engine() {
    return html`
      ${radioRow({
        name: "engine",
        legend: words.page.running.where,
        values: engineChoices,
        chosen: this.asking ? "auto" : this.engine,
        disabled: (value) => this.localOnly !== null && value !== "local",
        face: (value) => words.page.running.engines[value],
        onChoose: (value) => emit(this, "choose-engine", value),
      })}
      ${this.#agreement()}
      <p class="soft">${privacyText(this.engine, this.engineInUse, this.localOnly)}</p>
      ${this.description ? html`<p class="soft description">${this.description}</p>` : nothing}
    `;
  }

  #agreement() {
    const { question, agree, decline, agreed, takeBack } = words.page.automatic;
    const answer = (yes: boolean) => () => emit(this, "agree", yes);
    if (this.asking) {
      return html`
        <div class="agreement" role="group" aria-label=${words.page.running.engines.auto} data-value="agreement">
          <p role="status">${question(location.host)}</p>
          <button class="primary" @click=${answer(true)}>${agree}</button>
          <button @click=${answer(false)}>${decline}</button>
        </div>
      `;
    }
    if (!this.agreed) return nothing;
    return html`
      <p class="soft field" data-value="agreed">${agreed}<button @click=${answer(false)}>${takeBack}</button></p>
    `;
  }

  #delay() {
    const note = words.page.running.delayNotes[this.delay];
    return html`
      <label class="field">
        ${words.page.running.delay}
        <select
          data-value="delay"
          @change=${(event: Event) => emit(this, "choose-delay", (event.target as HTMLSelectElement).value as DelaySetting)}
        >
          ${delaySettings.map(
            (value) =>
              html`<option value=${value} ?selected=${value === this.delay}>${words.page.running.delays[value]}</option>`,
          )}
        </select>
      </label>
      ${note ? html`<p class="soft">${note}</p>` : nothing}
    `;
  }

  #method() {
    if (this.methods.length < 2) return nothing;
    return html`
      <label class="field">
        ${words.page.running.method}
        <select @change=${(event: Event) => emit(this, "choose-method", (event.target as HTMLSelectElement).value)}>
          ${this.methods.map(
            ({ name, title }) =>
              html`<option value=${name} ?selected=${name === this.method}>${titleText(title)}</option>`,
          )}
        </select>
      </label>
      ${this.#pace()}
    `;
  }

  #pace() {
    if (this.timings && this.timings.engineLeastMs > 0) {
      return html`
        <p class="soft" role="status" data-value="paced">${words.page.running.paced(milliseconds(this.timings.engineLeastMs))}</p>
      `;
    }
    if (!this.timings || !tooSlowForLive(this.timings)) return nothing;
    const title =
      this.methods.find(({ name }) => name === this.method)?.title ?? words.page.classes.thisMethod;
    return html`
      <p class="warn" role="status" data-value="too-slow">${words.page.running.tooSlow(title, milliseconds(this.timings.engineP50Ms))}</p>
    `;
  }

  #shortcuts() {
    return html`
      <label class="check soft">
        <input
          type="checkbox"
          .checked=${this.shortcuts}
          @change=${(event: Event) => emit(this, "set-shortcuts", (event.target as HTMLInputElement).checked)}
        />
        ${words.page.running.shortcuts}
      </label>
    `;
  }

  #noTimings() {
    return html`
      <h2>${words.page.running.howLong}</h2>
      <p class="soft">${words.page.running.notYet}</p>
    `;
  }

  #timings(timings: Timings) {
    const parts = latencyParts(timings);
    const { running: said, figures } = words.page;
    return html`
      <h2>${said.heardAfter(milliseconds(latencyTotal(timings)))}</h2>
      <div class="stack" aria-hidden="true">
        ${parts.map(({ ms }, k) => (ms > 0 ? html`<div class="c${k}" .style=${`--ms: ${ms}`}></div>` : nothing))}
      </div>
      <ul class="parts" aria-label=${said.parts}>
        ${parts.map(
          ({ title, ms }, k) => html`
            <li><span class="swatch c${k}"></span>${title}<span class="number">${milliseconds(ms)}</span></li>
          `,
        )}
      </ul>
      <dl>
        <div><dt>${figures.rate}</dt><dd data-value="windows-per-second">${rate(timings.windowsPerSecond)}</dd></div>
        <div><dt>${figures.skipped}</dt><dd data-value="windows-dropped">${count(timings.windowsDropped)}</dd></div>
        <div>
          <dt>${figures.missed}</dt>
          <dd class=${timings.missedDeadlines > 0 ? "warn" : ""} data-value="missed-deadlines">
            ${count(timings.missedDeadlines)}
          </dd>
        </div>
        <div><dt>${figures.late}</dt><dd data-value="late-frames">${count(timings.lateFrames)}</dd></div>
        <div><dt>${said.modelTypical}</dt><dd>${milliseconds(timings.inferenceP50Ms)}</dd></div>
        <div><dt>${said.maskTypical}</dt><dd>${milliseconds(timings.engineP50Ms)}</dd></div>
        <div><dt>${said.maskSlowest}</dt><dd>${milliseconds(timings.engineP99Ms)}</dd></div>
      </dl>
      ${timings.missedDeadlines > 0 ? html`<p class="soft">${said.missed}</p>` : nothing}
    `;
  }
}
