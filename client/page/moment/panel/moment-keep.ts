import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import {
  download,
  type ExportKind,
  exportFile,
  type Shown,
  sharedFile,
  shareOrDownload,
} from "./moment-exports.ts";

const KINDS: readonly ExportKind[] = ["original", "explanation", "rest", "picture", "facts"];

/** Makes files of what is shown, each by its own button. */
@customElement("moment-keep")
export class MomentKeep extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        margin-bottom: 0.75rem;
      }
      button {
        min-height: 2.5rem;
        padding: 0.375rem 0.875rem;
        font-size: 0.9375rem;
      }
    `,
  ];

  /** What is shown at the moment of asking. */
  @property({ attribute: false }) shown!: () => Shown;
  /** Which side's sounds are kept. */
  @property({ type: Number }) side = 0;
  @state() private message = "";
  @state() private working = false;

  override render() {
    return html`
      <div class="row" role="group" aria-label=${words.moment.save}>
        ${KINDS.map(
          (kind) => html`
            <button data-export=${kind} ?disabled=${this.working} @click=${() => this.#keep(kind)}>
              ${nameOf(kind)}
            </button>
          `,
        )}
        <button
          class="primary"
          data-export="share"
          title=${words.moment.shareHint}
          ?disabled=${this.working}
          @click=${() => this.#share()}
        >
          ${words.moment.share}
        </button>
      </div>
      <p class="soft">
        <strong role="status">${this.message}</strong> ${this.message ? nothing : words.moment.stays}
      </p>
    `;
  }

  #keep(kind: ExportKind): Promise<void> {
    return this.#make(async () => {
      const file = await exportFile(kind, this.shown(), this.side);
      download(file);
      return words.moment.saved(file.name);
    });
  }

  #share(): Promise<void> {
    return this.#make(async () => {
      const file = await sharedFile(this.shown());
      return (await shareOrDownload(file)) ? words.moment.saved(file.name) : "";
    });
  }

  async #make(work: () => Promise<string>): Promise<void> {
    this.working = true;
    try {
      this.message = await work();
    } catch (error) {
      this.message = words.moment.notSaved(error instanceof Error ? error.message : String(error));
    } finally {
      this.working = false;
    }
  }
}

function nameOf(kind: ExportKind): string {
  if (kind === "picture") return words.moment.png;
  if (kind === "facts") return words.moment.json;
  return words.moment.wav(words.moment.sound[kind]);
}
