/**
 * What a kiosk shows: the room, as long as somebody is there; else the built-in sounds in turn, with a while of listening
 * to the room between them. The sounds come out of the loudspeakers and would be heard by the microphone, so the room is
 * only judged while they are silent; a touch counts at any time.
 */
import { BehaviorSubject } from "rxjs";
import type { KioskSettings } from "../protocol.ts";
import type { Clock } from "./clock.ts";

export type Scene =
  /** The microphone; `waiting` between two built-in sounds, when nobody may be there. */
  | { readonly kind: "live"; readonly waiting: boolean }
  /** Number `sound` of the built-in sounds, counted on for ever. */
  | { readonly kind: "attract"; readonly sound: number };

export class Program {
  readonly scene$: BehaviorSubject<Scene>;
  readonly #clock: Clock;
  readonly #settings: Pick<KioskSettings, "source" | "idle" | "attract" | "listen">;
  #sound = 0;
  /** When somebody was last noticed. */
  #presentAt: number;
  #cancel = () => {};

  constructor(settings: Pick<KioskSettings, "source" | "idle" | "attract" | "listen">, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#presentAt = clock.now();
    const sounds = settings.source === "sounds";
    this.scene$ = new BehaviorSubject<Scene>(
      sounds ? { kind: "attract", sound: 0 } : { kind: "live", waiting: false },
    );
    if (sounds) this.#after(settings.attract, () => this.#nextSound());
    else this.#untilIdle();
  }

  get quietSeconds(): number {
    return Math.max(0, this.#clock.now() - this.#presentAt) / 1000;
  }

  /** Somebody touched the screen, a key or a mouse. */
  touched(): void {
    this.#present();
  }

  /** Something was heard. Counts only while the microphone is what is listened to. */
  heard(): void {
    if (this.scene$.value.kind === "live") this.#present();
  }

  close(): void {
    this.#cancel();
    this.scene$.complete();
  }

  #present(): void {
    this.#presentAt = this.#clock.now();
    if (this.#settings.source === "sounds") return;
    const scene = this.scene$.value;
    if (scene.kind === "live" && !scene.waiting) return;
    this.scene$.next({ kind: "live", waiting: false });
    this.#untilIdle();
  }

  #after(seconds: number, run: () => void): void {
    this.#cancel();
    this.#cancel = this.#clock.after(1000 * seconds, run);
  }

  /** One timer at a time, set anew for what is left, however often somebody is noticed. */
  #untilIdle(): void {
    const { idle } = this.#settings;
    if (idle === 0) return;
    this.#after(Math.max(0.1, idle - this.quietSeconds), () => {
      if (this.quietSeconds >= idle) this.#nextSound();
      else this.#untilIdle();
    });
  }

  #nextSound(): void {
    const { source, attract, listen } = this.#settings;
    this.scene$.next({ kind: "attract", sound: this.#sound++ });
    this.#after(attract, () => {
      if (source === "sounds") return this.#nextSound();
      this.scene$.next({ kind: "live", waiting: true });
      this.#after(listen, () => this.#nextSound());
    });
  }
}
