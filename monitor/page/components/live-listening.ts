import { html } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { radioRow } from "../../../client/kit/radio-row.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";

const CHOICES = ["off", "original", "explanation"] as const;
type Choice = (typeof CHOICES)[number];

/** Live sound of one input: off until somebody asks for it. */
@customElement("live-listening")
export class LiveListening extends WordsElement {
  static override styles = sharedStyles;

  @property() input = "";
  @state() private sound: Choice = "off";
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
      <audio></audio>
    `;
  }

  #choose(sound: Choice): void {
    this.sound = sound;
    if (sound === "off") {
      this.#stop();
      return;
    }
    // A number of its own keeps the browser from playing what it has kept of the last time.
    this.audio.src = `live/${encodeURIComponent(this.input)}/${sound}.wav?${Date.now()}`;
    void this.audio.play().catch(() => {});
  }

  #stop(): void {
    if (!this.audio?.src) return;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }
}
