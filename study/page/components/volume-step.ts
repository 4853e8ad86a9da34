import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { Player } from "../player.ts";
import "./play-button.ts";
import { studyStyles } from "./study-styles.ts";

/** A recording to set the volume by; sends "act" when it is right. */
@customElement("volume-step")
export class VolumeStep extends WordsElement {
  @property({ attribute: false }) player!: Player;
  /** A sound of the study, as loud as all of them. */
  @property() sound = "";
  @state() private heard = false;
  @state() private playing = 0;
  @state() private failed = false;

  static override styles = [sharedStyles, studyStyles];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player.stop();
  }

  override render() {
    return html`<div class="step card">
      <h2 tabindex="-1">${words.study.volumeHeading}</h2>
      <p>${words.study.volumeText}</p>
      <div class="row">
        <play-button
          .what=${words.study.original}
          .heard=${this.heard}
          .playing=${this.playing}
          @toggle=${this.#toggle}
        ></play-button>
        <button
          type="button"
          class="primary"
          ?disabled=${!this.heard}
          @click=${() => this.dispatchEvent(new CustomEvent("act", { detail: { kind: "volume-set" } }))}
        >
          ${words.study.volumeDone}
        </button>
      </div>
      ${this.failed ? html`<p role="alert">${words.study.soundFailed}</p>` : ""}
    </div>`;
  }

  async #toggle(): Promise<void> {
    if (this.playing > 0) {
      this.player.stop();
      this.playing = 0;
      return;
    }
    try {
      this.playing = await this.player.play(this.sound, () => {
        this.playing = 0;
        this.heard = true;
      });
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}
