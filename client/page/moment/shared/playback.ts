/** Plays all sounds of a shared moment in step and lets one of them through. */

const FADE_SECONDS = 0.012;

interface PlaybackSettings {
  /** Index of the sound that is let through. */
  chosen(): number;
  /** Whether the sounds are brought to one loudness. */
  matched(): boolean;
  /** Whether it starts again at the end. */
  repeated(): boolean;
  onChange(playing: boolean): void;
  /** At each picture while it plays: the share of the sound that was played; null when it has stopped. */
  onPosition(share: number | null): void;
}

interface Playing {
  readonly sources: readonly AudioBufferSourceNode[];
  readonly gains: readonly GainNode[];
  /** On the context's clock. */
  readonly startedAt: number;
}

export class Playback {
  #context: AudioContext | undefined;
  #buffers: readonly AudioBuffer[] = [];
  #playing: Playing | undefined;

  /** @param elements hold the sounds as `data:` addresses, and in `data-gain` what brings each to the others' loudness. */
  constructor(
    private readonly elements: readonly HTMLAudioElement[],
    private readonly settings: PlaybackSettings,
  ) {}

  toggle(): void {
    if (this.#playing) this.#stop();
    else void this.#start();
  }

  /** Follows the settings: which sound is let through, how loud, and whether it starts again. */
  apply(): void {
    const now = this.#context?.currentTime ?? 0;
    this.#playing?.gains.forEach((gain, k) => {
      gain.gain.setTargetAtTime(this.#level(k), now, FADE_SECONDS / 3);
    });
    for (const source of this.#playing?.sources ?? []) source.loop = this.settings.repeated();
  }

  #level(k: number): number {
    if (k !== this.settings.chosen()) return 0;
    return this.settings.matched() ? Number(this.elements[k].dataset["gain"]) : 1;
  }

  #stop(): void {
    const before = this.#playing;
    this.#playing = undefined;
    this.settings.onChange(false);
    if (!before || !this.#context) return;
    const now = this.#context.currentTime;
    for (const gain of before.gains) gain.gain.setTargetAtTime(0, now, FADE_SECONDS / 3);
    for (const source of before.sources) {
      source.onended = null;
      source.stop(now + 2 * FADE_SECONDS);
    }
  }

  async #start(): Promise<void> {
    this.#context ??= new AudioContext();
    const audio = this.#context;
    await audio.resume();
    if (this.#buffers.length === 0) {
      this.#buffers = await Promise.all(
        this.elements.map((element) => audio.decodeAudioData(bytesOf(element))),
      );
    }
    this.#stop();
    const startedAt = audio.currentTime + 0.01;
    const gains = this.#buffers.map(() => new GainNode(audio, { gain: 0 }));
    const sources = this.#buffers.map((buffer, k) => {
      const source = new AudioBufferSourceNode(audio, { buffer, loop: this.settings.repeated() });
      source.connect(gains[k]).connect(audio.destination);
      source.start(startedAt);
      return source;
    });
    this.#playing = { sources, gains, startedAt };
    sources[0].onended = () => this.#stop();
    this.apply();
    this.settings.onChange(true);
    requestAnimationFrame(this.#follow);
  }

  readonly #follow = () => {
    if (!this.#playing || !this.#context) {
      this.settings.onPosition(null);
      return;
    }
    const seconds = Math.max(0, this.#context.currentTime - this.#playing.startedAt);
    const length = this.#buffers[0]?.duration ?? 1;
    this.settings.onPosition((seconds % length) / length);
    requestAnimationFrame(this.#follow);
  };
}

function bytesOf(element: HTMLAudioElement): ArrayBuffer {
  const text = atob(element.src.slice(element.src.indexOf(",") + 1));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}
