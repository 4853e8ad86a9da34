import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { className } from "../../../client/kit/format.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { InputStatus, ListedEvent, MonitorStatus } from "../../protocol.ts";
import { heardNow } from "../words.ts";
import { eventLine } from "./event-line.ts";
import "./live-listening.ts";
import "./level-strip.ts";
import { monitorStyles } from "./monitor-styles.ts";

/** What every input hears now, and the newest events. */
@customElement("live-view")
export class LiveView extends WordsElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      .inputs {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
        gap: 1rem;
        margin-bottom: 1rem;
      }
      .head {
        display: flex;
        gap: 0.75rem;
        align-items: baseline;
        justify-content: space-between;
      }
      .hears {
        margin: 0.5rem 0;
        font-size: 1.375rem;
        font-weight: 600;
      }
      .hears .soft {
        font-weight: 400;
      }
      .waiting {
        color: var(--warn);
      }
    `,
  ];

  @property({ attribute: false }) status!: MonitorStatus;
  @property({ attribute: false }) latest: readonly ListedEvent[] = [];

  override render() {
    const { discards, discarded } = this.status;
    return html`
      <div class="inputs">${this.status.inputs.map((input) => this.#input(input))}</div>
      <section class="card" aria-labelledby="latest">
        <h2 id="latest">${words.monitor.latest}</h2>
        ${
          this.latest.length === 0
            ? html`<p class="soft">${words.monitor.nothingYet}</p>`
            : html`<ul class="events">${this.latest.map(eventLine)}</ul>`
        }
        ${discards.length > 0 ? html`<p class="soft">${words.monitor.discards(discards.map(className), discarded)}</p>` : ""}
      </section>
    `;
  }

  #input(input: InputStatus) {
    const { name, state, detail, source, recent, droppedSeconds, pending } = input;
    const heard = heardNow(recent[recent.length - 1], this.status.other);
    return html`
      <section class="card" aria-label=${name} data-input=${name} data-state=${state}>
        <div class="head">
          <h2>${name}</h2>
          <span class=${state === "waiting" ? "waiting" : "soft"}>${words.monitor.states[state]}</span>
        </div>
        ${source ? html`<p class="soft">${source}${detail ? html` · ${detail}` : ""}</p>` : ""}
        <p class="hears">
          ${heard.name} <span class="soft">${heard.more}</span>
        </p>
        <level-strip .recent=${recent}></level-strip>
        ${droppedSeconds > 0 ? html`<p class="waiting">${words.monitor.dropped(droppedSeconds)}</p>` : ""}
        ${pending.events > 0 ? html`<p class="waiting">${words.monitor.unkept(pending.events)}</p>` : ""}
        ${pending.files > 0 ? html`<p class="waiting">${words.monitor.unread(pending.files)}</p>` : ""}
        ${this.status.liveAudio ? html`<live-listening .input=${name}></live-listening>` : ""}
      </section>
    `;
  }
}
