import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { type Going, goingText } from "../../kit/going.ts";
import {
  deviceIcon,
  fileIcon,
  headphonesIcon,
  microphoneIcon,
  playIcon,
  serverIcon,
  stopIcon,
  waveIcon,
} from "../../kit/icons.ts";
import type { SourceKind } from "../../kit/parameters.ts";
import { radioRow } from "../../kit/radio-row.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { type BuiltInSound, builtInSounds } from "../../kit/sounds/index.ts";
import { LICENCES } from "../../kit/sounds/scenes.ts";
import { soundTitle, words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import { emit } from "./emit.ts";

const kinds: readonly { kind: SourceKind; icon: TemplateResult }[] = [
  { kind: "sound", icon: waveIcon },
  { kind: "microphone", icon: microphoneIcon },
  { kind: "file", icon: fileIcon },
];

/** What is listened to, and the button that starts and stops it. */
@customElement("source-panel")
export class SourcePanel extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.875rem 1.5rem;
        align-items: center;
      }
      .rows {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.75rem;
      }
      .first {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
      }
      .kinds .choices {
        display: inline-flex;
        flex-wrap: nowrap;
        gap: 0.25rem;
        padding: 0.25rem;
        border-radius: 0.875rem;
        background: var(--sunken);
      }
      .kinds .choices span.face {
        border-color: transparent;
        background: transparent;
        white-space: nowrap;
      }
      .kinds .choices input:checked + span.face {
        border-color: var(--line);
        background: var(--surface);
        color: var(--ink);
      }
      .options {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1.25rem;
        align-items: center;
        min-height: 2.75rem;
      }
      .field {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 0.625rem;
        align-items: center;
        min-width: 0;
      }
      .field select {
        max-width: min(20rem, 100%);
      }
      .check .soft {
        display: block;
      }
      .headphones {
        max-width: 30rem;
      }
      .headphones .icon {
        margin-top: 0.125rem;
        color: var(--accent);
      }
      .going {
        display: flex;
        gap: 0.5rem;
        align-items: center;
        color: var(--soft);
        font-size: 0.875rem;
        overflow-wrap: anywhere;
      }
      /* What leaves the device stands out. */
      .going:not([data-going="device"]) {
        color: var(--ink);
        font-weight: 600;
      }
      .credits {
        flex: 1 1 100%;
        color: var(--soft);
        font-size: 0.8125rem;
        overflow-wrap: anywhere;
      }
      .credits summary {
        width: fit-content;
        cursor: pointer;
      }
      .credits a {
        color: inherit;
      }
      .name {
        overflow-wrap: anywhere;
        font-weight: 600;
      }
      .start {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
        justify-content: center;
        min-width: 8.5rem;
        min-height: 3.25rem;
        font-size: 1.0625rem;
      }
      @media (max-width: 50rem) {
        .card {
          grid-template-columns: 1fr;
        }
        .first fieldset {
          flex: 1 1 100%;
        }
        .kinds .choices {
          display: flex;
        }
        .kinds label {
          flex: 1 1 auto;
        }
        .choices span.face {
          padding: 0.375rem 0.75rem;
          font-size: 0.9375rem;
        }
        .kinds .choices span.face {
          padding: 0.375rem 0.25rem;
          font-size: 0.875rem;
        }
        .kinds svg.icon {
          display: none;
        }
        .start {
          width: 100%;
        }
      }
      @media (max-width: 30rem) {
        /* One row that is pushed aside: the picture below should be seen too. */
        .sounds .choices {
          flex-wrap: nowrap;
          margin: 0 -0.875rem;
          padding: 0.25rem 0.875rem;
          overflow-x: auto;
          scroll-padding: 0 0.875rem;
          scrollbar-width: none;
        }
        .sounds .choices span.face {
          white-space: nowrap;
        }
      }
      @media (max-width: 22rem) {
        .kinds label {
          flex: 1 1 0;
          min-width: 0;
        }
        .kinds .choices span.face {
          line-height: 1.2;
          text-align: center;
          white-space: normal;
        }
      }
    `,
  ];

  @property() kind: SourceKind = "sound";
  @property() sound = "";
  /** Those that may be chosen. */
  @property({ attribute: false }) sounds: readonly BuiltInSound[] = builtInSounds;
  @property({ attribute: false }) microphones: readonly { deviceId: string; label: string }[] = [];
  @property() microphone = "";
  @property() fileName = "";
  @property({ type: Boolean }) repeat = true;
  @property({ type: Boolean }) headphones = false;
  @property({ type: Boolean }) running = false;
  @property() going: Going = "device";

  override render() {
    return html`
      <section class="card" aria-label=${words.page.source.name}>
        <div class="rows">
          <div class="first">
          ${radioRow({
            name: "kind",
            legend: words.page.source.listenTo,
            legendStyle: "visually-hidden",
            layout: "kinds",
            values: kinds.map(({ kind }) => kind),
            chosen: this.kind,
            face: (kind, k) => html`${kinds[k]!.icon}${words.page.source[kind]}`,
            onChoose: (kind) => emit(this, "choose-source", kind),
          })}
          <span class="soft">${this.#note}</span>
          </div>
          <div class="options">${this.#options()}</div>
          <p class="going" role="status" data-going=${this.going}>
            ${this.going === "device" ? deviceIcon : serverIcon}${goingText(this.going, location.host)}
          </p>
        </div>
        <button class="start ${this.running ? "" : "primary"}" @click=${() => emit(this, "start-stop", undefined)}>
          ${this.running ? html`${stopIcon}${words.page.source.stop}` : html`${playIcon}${words.page.source.start}`}
        </button>
      </section>
    `;
  }

  #options() {
    switch (this.kind) {
      case "sound":
        return this.#sounds();
      case "microphone":
        return this.#microphones();
      case "file":
        return this.#file();
      default:
        return this.kind satisfies never;
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("kind") || changed.has("sound")) this.#showChosen();
  }

  /** Where the sounds are one row that is pushed aside, the chosen one is in sight; the page itself stays put. */
  #showChosen(): void {
    const row = this.renderRoot.querySelector(".sounds .choices");
    const chosen = row?.querySelector("input:checked")?.parentElement;
    if (!row || !chosen) return;
    row.scrollLeft += chosen.getBoundingClientRect().left - row.getBoundingClientRect().left - 16;
  }

  get #note(): string {
    return this.kind === "file" ? words.page.source.dropHere : "";
  }

  #sounds() {
    const row = radioRow({
      name: "sound",
      legend: words.page.source.sound,
      legendStyle: "visually-hidden",
      layout: "sounds",
      values: this.sounds.map(({ name }) => name),
      chosen: this.sound,
      face: (name) => soundTitle(name),
      onChoose: (name) => emit(this, "choose-sound", name),
    });
    return html`${row}${this.#credits()}`;
  }

  /** By whom the chosen sound was recorded, as the licences ask. */
  #credits() {
    const { recordings = [] } = this.sounds.find(({ name }) => name === this.sound) ?? {};
    const said = words.page.source;
    return html`
      <details class="credits">
        <summary>${said.recordedBy}</summary>
        ${recordings.map(
          ({ title, author, licence, source }) => html`
            <a href=${source} target="_blank" rel="noopener noreferrer">${title}</a> ${said.by(author)}
            (<a href=${LICENCES[licence]} target="_blank" rel="noopener noreferrer">${licence}</a>);`,
        )}
        ${said.mixed}
      </details>
    `;
  }

  #microphones() {
    const named = this.microphones.filter(({ label }) => label !== "");
    return html`
      <label class="field">
        ${words.page.source.microphone}
        <select @change=${(event: Event) => emit(this, "choose-microphone", (event.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${this.microphone === ""}>${words.page.source.standardMicrophone}</option>
          ${named
            .filter(({ deviceId }) => deviceId !== "default")
            .map(
              ({ deviceId, label }) =>
                html`<option value=${deviceId} ?selected=${this.microphone === deviceId}>${label}</option>`,
            )}
        </select>
      </label>
      <label class="check headphones">
        <input
          type="checkbox"
          .checked=${this.headphones}
          @change=${(event: Event) => emit(this, "set-headphones", (event.target as HTMLInputElement).checked)}
        />
        ${headphonesIcon}
        <span>
          ${words.page.source.headphones}
          <span class="soft">${words.page.source.headphonesWhy}</span>
        </span>
      </label>
    `;
  }

  #file() {
    return html`
      <input
        id="file"
        hidden
        type="file"
        accept="audio/*,video/webm,.wav,.mp3,.flac,.ogg,.opus,.m4a,.aac"
        @change=${this.#fileChosen}
      />
      <button @click=${() => this.pickFile()}>${words.page.source.chooseFile}</button>
      <span class="name">${this.fileName}</span>
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.repeat}
          @change=${(event: Event) => emit(this, "set-repeat", (event.target as HTMLInputElement).checked)}
        />
        ${words.page.source.repeat}
      </label>
    `;
  }

  focusStart(): void {
    this.renderRoot.querySelector<HTMLElement>(".start")?.focus();
  }

  /** Opens the browser's file dialogue; only within a press or a key. */
  pickFile(): void {
    this.renderRoot.querySelector<HTMLInputElement>("#file")?.click();
  }

  #fileChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    // Emptied, so that choosing the same file again is a change too.
    input.value = "";
    if (file) emit(this, "choose-file", file);
  }
}
