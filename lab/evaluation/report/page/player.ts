/** Plays the sounds of the cards, one at a time. */
import { writeWav } from "../../../../dsp/wav.ts";
import { decodeMuLaw } from "../mu-law.ts";
import type { PackedSound, Portrait } from "../report-data.ts";
import { element } from "./elements.ts";

export class Player {
  #playing: { audio: HTMLAudioElement; button: HTMLButtonElement; url: string } | undefined;

  /** @param loud whether sounds are brought to the level of the portrait's own. */
  constructor(private readonly loud: () => boolean) {}

  stop(): void {
    if (!this.#playing) return;
    const { audio, button, url } = this.#playing;
    audio.pause();
    button.setAttribute("aria-pressed", "false");
    URL.revokeObjectURL(url);
    this.#playing = undefined;
  }

  /** A button that plays `sound`, or what is left of it without `taken`. */
  button(name: string, portrait: Portrait, sound: PackedSound, taken?: PackedSound): HTMLButtonElement {
    const button = element("button", `▶ ${name}`);
    button.type = "button";
    button.className = "play";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const again = this.#playing?.button === button;
      this.stop();
      if (!again) this.#play(button, this.#levelled(samplesOf(sound, taken), portrait), portrait.sampleRate);
    });
    return button;
  }

  /** A sparse mask leaves next to nothing; turned up, it can at least be heard. */
  #levelled(samples: Float32Array, { sound }: Portrait): Float32Array {
    if (!this.loud()) return samples;
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
    return samples.map((sample) => (sample * sound.peak) / peak);
  }

  #play(button: HTMLButtonElement, samples: Float32Array, sampleRate: number): void {
    const url = URL.createObjectURL(new Blob([writeWav([samples], sampleRate)], { type: "audio/wav" }));
    const audio = new Audio(url);
    this.#playing = { audio, button, url };
    button.setAttribute("aria-pressed", "true");
    audio.addEventListener("ended", () => this.stop());
    // Rejects where it is stopped before it has begun.
    audio.play().catch(() => {});
  }
}

function samplesOf(sound: PackedSound, taken?: PackedSound): Float32Array {
  const samples = unpacked(sound);
  if (!taken) return samples;
  const kept = unpacked(taken);
  return samples.map((sample, n) => sample - kept[n]);
}

function unpacked({ peak, bytes }: PackedSound): Float32Array {
  const codes = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  return decodeMuLaw(codes).map((sample) => peak * sample);
}
