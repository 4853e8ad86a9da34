import { html } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { radioRow } from "../../../client/kit/radio-row.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import { Again } from "../again.ts";

const CHOICES = ["off", "original", "explanation"] as const;
type Choice = (typeof CHOICES)[number];

/** Live sound of one input: off until somebody asks for it. */
@customElement("live-listening")
export class LiveListening extends WordsElement {
  static override styles = sharedStyles;

  @property() input = "";
  @state() private sound: Choice = "off";
  /** Whether what was chosen cannot be had now. */
  @state() private refused = false;
  readonly #again = new Again(() => this.#play());
  @query("audio") private audio!: HTMLAudioElement;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override render() {
    return html`
      ${radioRow({
        name: "sound",
        legend: words.monitor.listen,
        legendStyle: "soft",
        values: CHOICES,
        chosen: this.sound,
        face: (value) => words.monitor[value],
        onChoose: (value) => this.#choose(value),
      })}
      <audio @playing=${this.#onPlaying} @error=${this.#onEnd} @ended=${this.#onEnd}></audio>
      <p class="soft" role="status">${this.refused ? words.monitor.noSound : ""}</p>
    `;
  }

  #choose(sound: Choice): void {
    this.sound = sound;
    if (sound === "off") {
      this.#stop();
      return;
    }
    this.#play();
  }

  #play(): void {
    // A number of its own keeps the browser from playing what it has kept of the last time.
    this.audio.src = `live/${encodeURIComponent(this.input)}/${this.sound}.wav?${Date.now()}`;
    void this.audio.play().catch(() => {});
  }

  readonly #onPlaying = () => {
    this.refused = false;
    this.#again.worked();
  };

  /** No place was left, or the connection or the sound as it was has ended. */
  readonly #onEnd = () => {
    if (this.sound === "off") return;
    this.refused = true;
    this.#again.later();
  };

  #stop(): void {
    this.#again.stop();
    this.refused = false;
    if (!this.audio?.src) return;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }
}
