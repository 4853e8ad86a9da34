import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import type { Listening, LiveExplainer, Moment } from "../../../live/live-explainer.ts";
import { toProblem } from "../../../live/problems.ts";
import { MomentClient } from "../moment-client.ts";

/** Freezes, wherever the focus is. */
export const FREEZE_KEY = "F";

/** The button that freezes the last seconds, and the panel that then shows them. */
@customElement("freeze-moment")
export class FreezeMoment extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1rem;
        align-items: center;
      }
    `,
  ];

  @property({ attribute: false }) explainer: LiveExplainer | undefined;
  /** Whether there is anything to freeze. */
  @property({ type: Boolean }) available = false;
  /** Whether the panel's code is fetched ahead, as from a server that may go: to look at what it did then. */
  @property({ type: Boolean }) fetchedAhead = false;
  @property({ type: Number }) volume = 1;
  @property() listening: Listening = "explanation";
  /** Whether the key F freezes. */
  @property({ type: Boolean }) shortcuts = true;
  @state() private moment: Moment | undefined;
  @state() private freezing = false;
  @state() private problem = "";

  readonly #client = new MomentClient(document.baseURI);

  constructor() {
    super();
    this.addEventListener("close-moment", () => {
      this.moment = undefined;
      this.#client.close();
    });
  }

  protected override updated(changed: PropertyValues<this>): void {
    // What can't be had now is asked for again when it is needed.
    if (changed.has("fetchedAhead") && this.fetchedAhead) import("./moment-panel.ts").catch(() => {});
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.moment = undefined;
    this.#client.close();
  }

  /** Keeps the last seconds and shows them; does nothing while it is at it already. */
  async freeze(): Promise<void> {
    if (!this.explainer || !this.available || this.freezing || this.moment) return;
    this.freezing = true;
    this.problem = "";
    try {
      // The panel is a sixth of the page's code, and nobody needs it before.
      const [moment] = await Promise.all([this.explainer.freeze(), import("./moment-panel.ts")]);
      this.moment = moment;
    } catch (error) {
      this.problem = words.moment.notFrozen(toProblem(error).detail);
    } finally {
      this.freezing = false;
    }
  }

  override render() {
    return html`
      <div class="row">
        <button
          ?disabled=${!this.available || this.freezing}
          aria-keyshortcuts=${this.shortcuts ? FREEZE_KEY : nothing}
          @click=${() => this.freeze()}
        >
          ${this.freezing ? words.moment.freezing : words.moment.freeze}
        </button>
        <span class="soft" role=${this.problem ? "alert" : nothing}>${this.problem || words.moment.freezeHint}</span>
      </div>
      ${
        this.moment
          ? html`<moment-panel
              .moment=${this.moment}
              .client=${this.#client}
              .volume=${this.volume}
              .listening=${this.listening}
              .shortcuts=${this.shortcuts}
            ></moment-panel>`
          : nothing
      }
    `;
  }
}
