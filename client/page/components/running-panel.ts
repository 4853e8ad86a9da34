import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { DelaySetting, EngineChoice, LocalOnly, Timings } from "../../live/live-explainer.ts";
import { count, milliseconds, rate } from "../format.ts";
import { privacyText } from "../privacy.ts";
import { emit } from "./emit.ts";
import { latencyParts, latencyTotal, tooSlowForLive } from "./latency.ts";
import { sharedStyles } from "./shared-styles.ts";

const engines: readonly { value: EngineChoice; title: string }[] = [
  { value: "auto", title: "Automatic" },
  { value: "local", title: "This device" },
  { value: "remote", title: "Server" },
];

const delays: readonly { value: DelaySetting; title: string }[] = [
  { value: "low-delay", title: "Low delay" },
  { value: "balanced", title: "Balanced" },
  { value: "high-quality", title: "High quality" },
];

const delayNotes: Readonly<Record<DelaySetting, string>> = {
  "low-delay": "A tenth of a second at most: masks see little of what follows, and the model works harder.",
  balanced: "",
  "high-quality": "Masks see more of what follows; the sound comes later.",
};

/** How it runs: where the model works, how long everything takes, and what went wrong so far. */
@customElement("running-panel")
export class RunningPanel extends LitElement {
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

  @property() engine: EngineChoice = "auto";
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
      <section class="card" aria-label="How it runs">
        <div class="column">${this.#engine()} ${this.#delay()} ${this.#method()} ${this.#shortcuts()}</div>
        <div class="column">${this.timings ? this.#timings(this.timings) : this.#noTimings()}</div>
      </section>
    `;
  }

  #engine() {
    return html`
      <fieldset>
        <legend>Where the model works</legend>
        <div class="choices">
          ${engines.map(
            ({ value, title }) => html`
              <label>
                <input
                  type="radio"
                  name="engine"
                  value=${value}
                  .checked=${this.engine === value}
                  ?disabled=${this.localOnly !== null && value === "remote"}
                  @change=${() => emit(this, "choose-engine", value)}
                /><span class="face">${title}</span>
              </label>
            `,
          )}
        </div>
      </fieldset>
      <p class="soft">${privacyText(this.engine, this.engineInUse, this.localOnly)}</p>
      ${this.description ? html`<p class="soft description">${this.description}</p>` : nothing}
    `;
  }

  #delay() {
    const note = delayNotes[this.delay];
    return html`
      <label class="field">
        Delay
        <select
          data-value="delay"
          @change=${(event: Event) => emit(this, "choose-delay", (event.target as HTMLSelectElement).value as DelaySetting)}
        >
          ${delays.map(
            ({ value, title }) =>
              html`<option value=${value} ?selected=${value === this.delay}>${title}</option>`,
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
        Method
        <select @change=${(event: Event) => emit(this, "choose-method", (event.target as HTMLSelectElement).value)}>
          ${this.methods.map(
            ({ name, title }) =>
              html`<option value=${name} ?selected=${name === this.method}>${title}</option>`,
          )}
        </select>
      </label>
      ${this.#pace()}
    `;
  }

  #pace() {
    if (this.timings && this.timings.engineLeastMs > 0) {
      return html`
        <p class="soft" role="status" data-value="paced">
          The server is busy and asks for a window every ${milliseconds(this.timings.engineLeastMs)}: masks are older than
          usual until it has time again.
        </p>
      `;
    }
    if (!this.timings || !tooSlowForLive(this.timings)) return nothing;
    const title = this.methods.find(({ name }) => name === this.method)?.title ?? "This method";
    return html`
      <p class="warn" role="status" data-value="too-slow">
        ${title} takes ${milliseconds(this.timings.engineP50Ms)} a window here, too long to be live: what you hear
        follows older masks. Choose a faster method or another engine, or use it on a file with
        <code>listenable explain</code>.
      </p>
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
        Keys 1, 2 and 3 switch what you hear
      </label>
    `;
  }

  #noTimings() {
    return html`
      <h2>How long it takes</h2>
      <p class="soft">Measured while it runs: the delay and its parts, the model's speed, and masks that came too late.</p>
    `;
  }

  #timings(timings: Timings) {
    const parts = latencyParts(timings);
    return html`
      <h2>Each sound is heard ${milliseconds(latencyTotal(timings))} after it came in</h2>
      <div class="stack" aria-hidden="true">
        ${parts.map(({ ms }, k) => (ms > 0 ? html`<div class="c${k}" .style=${`--ms: ${ms}`}></div>` : nothing))}
      </div>
      <ul class="parts" aria-label="Parts of the delay">
        ${parts.map(
          ({ title, ms }, k) => html`
            <li><span class="swatch c${k}"></span>${title}<span class="number">${milliseconds(ms)}</span></li>
          `,
        )}
      </ul>
      <dl>
        <div><dt>Windows a second</dt><dd data-value="windows-per-second">${rate(timings.windowsPerSecond)}</dd></div>
        <div><dt>Windows skipped</dt><dd data-value="windows-dropped">${count(timings.windowsDropped)}</dd></div>
        <div>
          <dt>Missed deadlines</dt>
          <dd class=${timings.missedDeadlines > 0 ? "warn" : ""} data-value="missed-deadlines">
            ${count(timings.missedDeadlines)}
          </dd>
        </div>
        <div><dt>Masks held shortly</dt><dd data-value="late-frames">${count(timings.lateFrames)}</dd></div>
        <div><dt>Model, typical</dt><dd>${milliseconds(timings.inferenceP50Ms)}</dd></div>
        <div><dt>Mask, typical</dt><dd>${milliseconds(timings.engineP50Ms)}</dd></div>
        <div><dt>Mask, slowest 1 %</dt><dd>${milliseconds(timings.engineP99Ms)}</dd></div>
      </dl>
      ${
        timings.missedDeadlines > 0
          ? html`<p class="soft">When a mask comes too late, the one before is held. If it happens often, close other tabs, allow more delay or let another engine work.</p>`
          : nothing
      }
    `;
  }
}
