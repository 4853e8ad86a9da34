/**
 * What a kiosk shows: the room, as long as somebody is there; else the built-in sounds in turn, with a while of listening
 * to the room between them. The sounds come out of the loudspeakers and would be heard by the microphone, so the room is
 * only judged while they are silent; a touch counts at any time. Without a microphone the sounds play in turn, whatever is
 * wished, until there is one again.
 */
import { BehaviorSubject } from "rxjs";
import type { KioskSettings } from "../protocol.ts";
import type { Clock } from "./clock.ts";

export type Scene =
  /** The microphone; `waiting` between two built-in sounds, when nobody may be there. */
  | { readonly kind: "live"; readonly waiting: boolean }
  /** Number `sound` of the built-in sounds, counted on for ever; `deaf` where no microphone hears the room between them. */
  | { readonly kind: "attract"; readonly sound: number; readonly deaf: boolean };

export class Program {
  readonly scene$: BehaviorSubject<Scene>;
  readonly #clock: Clock;
  readonly #settings: Pick<KioskSettings, "source" | "idle" | "attract" | "listen">;
  #sound = 0;
  #deaf: boolean;
  /** When somebody was last noticed. */
  #presentAt: number;
  #cancel = () => {};

  constructor(settings: Pick<KioskSettings, "source" | "idle" | "attract" | "listen">, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#presentAt = clock.now();
    this.#deaf = settings.source === "sounds";
    this.scene$ = new BehaviorSubject<Scene>(
      this.#deaf ? { kind: "attract", sound: 0, deaf: true } : { kind: "live", waiting: false },
    );
    if (this.#deaf) this.#after(settings.attract, () => this.#nextSound());
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

  /** There is no microphone: the built-in sounds play from now on. */
  microphoneAway(): void {
    this.#deaf = true;
    const scene = this.scene$.value;
    if (scene.kind === "live") this.#nextSound();
    else this.scene$.next({ ...scene, deaf: true });
  }

  /** There is one again, and nobody may be there. */
  microphoneBack(): void {
    if (this.#settings.source === "sounds") return;
    this.#deaf = false;
    this.#listen();
  }

  close(): void {
    this.#cancel();
    this.scene$.complete();
  }

  #present(): void {
    this.#presentAt = this.#clock.now();
    if (this.#deaf) return;
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
    this.scene$.next({ kind: "attract", sound: this.#sound++, deaf: this.#deaf });
    this.#after(this.#settings.attract, () => {
      if (this.#deaf) this.#nextSound();
      else this.#listen();
    });
  }

  /** To the room, for a while; for ever where the sounds are not wanted. */
  #listen(): void {
    const { idle, listen } = this.#settings;
    this.scene$.next({ kind: "live", waiting: idle > 0 });
    this.#cancel();
    if (idle > 0) this.#after(listen, () => this.#nextSound());
  }
}
