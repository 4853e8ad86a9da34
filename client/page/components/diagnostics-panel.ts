import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { VERSION } from "../../../protocol/version.ts";
import { count, kilohertz, milliseconds, rate } from "../../kit/format.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { numbers, toldText, words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import type { DelaySetting, LiveEvent } from "../../live/live-explainer.ts";
import { type DiagnosticFacts, diagnosticReport } from "../diagnostics.ts";
import { latencyParts } from "./latency.ts";

/** Closed until somebody looks for a fault: every figure, the last events, and all of it as a bug report. */
@customElement("diagnostics-panel")
export class DiagnosticsPanel extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      summary {
        min-height: 1.75rem;
        font-size: 0.9375rem;
        font-weight: 650;
        cursor: pointer;
      }
      .groups {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
        gap: 1.25rem 2rem;
        margin: 0.75rem 0 1rem;
      }
      h3 {
        margin: 0 0 0.375rem;
        font-size: 0.875rem;
        font-weight: 650;
      }
      dl {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 0.1875rem 1rem;
        margin: 0;
        font-size: 0.875rem;
      }
      dt {
        color: var(--soft);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
        text-align: right;
        font-variant-numeric: tabular-nums;
      }
      ol {
        display: grid;
        gap: 0.25rem;
        max-height: 14rem;
        margin: 0;
        padding: 0;
        overflow-y: auto;
        list-style: none;
        font-size: 0.875rem;
      }
      li {
        display: grid;
        grid-template-columns: 6rem 1fr;
        gap: 0.5rem;
      }
      time {
        white-space: nowrap;
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      .copy {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 0.875rem;
        align-items: center;
        margin-top: 1rem;
      }
      textarea {
        width: 100%;
        min-height: 9rem;
        margin-top: 0.75rem;
        border: 1px solid var(--control);
        border-radius: 0.625rem;
        background: var(--sunken);
        color: var(--ink);
        font-size: 0.8125rem;
      }
    `,
  ];

  /** Asked while the panel is open, at each redraw. */
  @property({ attribute: false }) facts: (() => DiagnosticFacts) | undefined;
  /** Changes when there is something new to draw. */
  @property({ attribute: false }) timings: unknown;
  @property({ attribute: false }) events: readonly LiveEvent[] = [];

  @state() private open = false;
  @state() private copied = "";
  /** Shown where the browser gives no clipboard. */
  @state() private report = "";

  override render() {
    return html`
      <details
        class="card"
        @toggle=${(event: Event) => {
          this.open = (event.target as HTMLDetailsElement).open;
        }}
      >
        <summary>${words.page.diagnostics.title}</summary>
        ${this.open && this.facts ? this.#content(this.facts()) : nothing}
      </details>
    `;
  }

  #content(facts: DiagnosticFacts) {
    const { timings, environment, engine, browser } = facts;
    const { diagnostics: said, figures } = words.page;
    const parts = timings ? latencyParts(timings).map(({ title, ms }) => [title, milliseconds(ms)]) : [];
    return html`
      <div class="groups">
        ${this.#group(said.delay, [...parts, [said.setting, words.page.running.delays[engine.delay as DelaySetting] ?? engine.delay]])}
        ${this.#group(said.engine, [
          [said.worksOn, engine.inUse ? said.places[engine.inUse as keyof typeof said.places] : "–"],
          [figures.rate, rate(timings?.windowsPerSecond ?? Number.NaN)],
          [said.maskTypical, milliseconds(timings?.engineP50Ms ?? null)],
          [said.maskSlowest, milliseconds(timings?.engineP99Ms ?? null)],
          [said.modelTypical, milliseconds(timings?.inferenceP50Ms ?? null)],
          [figures.skipped, count(timings?.windowsDropped ?? Number.NaN)],
          [figures.restarts, count(timings?.restarts ?? Number.NaN)],
          [figures.missed, count(timings?.missedDeadlines ?? Number.NaN)],
          [said.paced, milliseconds(timings?.engineLeastMs ?? Number.NaN)],
          [figures.late, count(timings?.lateFrames ?? Number.NaN)],
        ])}
        ${this.#group(said.browser, [
          [said.deviceRate, environment.sampleRate ? `${kilohertz(environment.sampleRate)} kHz` : "–"],
          [said.baseLatency, milliseconds(environment.baseLatencyMs)],
          [said.outputLatency, milliseconds(environment.outputLatencyMs)],
          [said.audio, environment.audioState ?? "–"],
          [
            said.sharedMemory,
            environment.sharedMemory ? said.yes : browser.isolated ? said.notInUse : said.no,
          ],
          [said.isolated, browser.isolated ? said.yes : said.no],
          [said.version, VERSION],
          [said.model, environment.pack ? `${environment.pack} ${environment.packVersion}` : "–"],
        ])}
      </div>
      <h3>${said.happened}</h3>
      ${
        this.events.length === 0
          ? html`<p class="soft">${said.nothing}</p>`
          : html`<ol tabindex="0" aria-label=${said.happened}>${this.events.toReversed().map(line)}</ol>`
      }
      <div class="copy">
        <button type="button" @click=${() => void this.#copy(facts)}>${said.copy}</button>
        <span class="soft" role="status">${this.copied || said.copyHint}</span>
      </div>
      ${
        this.report
          ? html`<textarea readonly aria-label=${said.report} .value=${this.report} @focus=${(event: Event) => (event.target as HTMLTextAreaElement).select()}></textarea>`
          : nothing
      }
    `;
  }

  #group(title: string, rows: readonly (readonly string[])[]) {
    return html`
      <section>
        <h3>${title}</h3>
        <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
      </section>
    `;
  }

  async #copy(facts: DiagnosticFacts): Promise<void> {
    const report = diagnosticReport(facts, new Date());
    try {
      await navigator.clipboard.writeText(report);
      this.copied = words.page.diagnostics.copied;
      this.report = "";
    } catch {
      this.copied = words.page.diagnostics.noClipboard;
      this.report = report;
    }
  }
}

function line({ at, told, times }: LiveEvent) {
  const when = new Date(at);
  return html`
    <li>
      <time datetime=${when.toISOString()}>${numbers.clock(when)}</time>
      <span>${toldText(told)}${times > 1 ? ` ${words.page.diagnostics.times(times)}` : ""}</span>
    </li>
  `;
}
