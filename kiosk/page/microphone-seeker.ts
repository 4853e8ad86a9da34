/** Looks for a microphone while the kiosk has none, without a sign of it on the screen. */
import type { Clock } from "./clock.ts";

/** Between two tries that nothing led to. */
const AGAIN_MS = 30_000;
/** Browsers tell of one device in several steps. */
const SETTLED_MS = 500;

interface SeekerParts {
  readonly clock: Clock;
  /** The browser's devices; null where a page gets none. */
  readonly devices: Pick<
    MediaDevices,
    "getUserMedia" | "enumerateDevices" | "addEventListener" | "removeEventListener"
  > | null;
  /** What the browser knows of the permission; null where it doesn't tell. */
  readonly permission: () => Promise<PermissionStatus | null>;
  /** There is one that may be used and is not mute. */
  readonly onFound: () => void;
}

/**
 * The rule: it is tried when devices change, when the permission changes, at a touch, and every 30 seconds. What would ask a
 * person is done only where one may be there, at a touch or at a device that was just attached; what was denied is not
 * tried before the permission changes.
 */
export class MicrophoneSeeker {
  readonly #parts: SeekerParts;
  #seeking = false;
  #trying = false;
  #cancel = () => {};
  #permission: PermissionStatus | null = null;

  constructor(parts: SeekerParts) {
    this.#parts = parts;
  }

  get seeking(): boolean {
    return this.#seeking;
  }

  /** Until one is found, or until `stop`. */
  seek(): void {
    if (this.#seeking) return;
    this.#seeking = true;
    this.#parts.devices?.addEventListener("devicechange", this.#changed);
    void this.#followPermission();
    this.#wait(AGAIN_MS, false);
  }

  /** Somebody is there. */
  hurry(): void {
    if (this.#seeking) void this.#try(true);
  }

  stop(): void {
    this.#seeking = false;
    this.#cancel();
    this.#parts.devices?.removeEventListener("devicechange", this.#changed);
    this.#permission?.removeEventListener("change", this.#changed);
    this.#permission = null;
  }

  readonly #changed = (): void => this.#wait(SETTLED_MS, true);

  #wait(ms: number, mayAsk: boolean): void {
    this.#cancel();
    if (this.#seeking) this.#cancel = this.#parts.clock.after(ms, () => void this.#try(mayAsk));
  }

  async #followPermission(): Promise<void> {
    const permission = await this.#parts.permission().catch(() => null);
    if (!this.#seeking || this.#permission) return;
    this.#permission = permission;
    permission?.addEventListener("change", this.#changed);
  }

  async #try(mayAsk: boolean): Promise<void> {
    // A question that nobody has answered yet is not asked twice.
    if (this.#trying) return;
    this.#trying = true;
    const found = (await this.#allowed(mayAsk)) && (await this.#opens());
    this.#trying = false;
    if (!this.#seeking) return;
    if (!found) return this.#wait(AGAIN_MS, false);
    this.stop();
    this.#parts.onFound();
  }

  /** Whether opening it would neither fail for certain nor ask where nobody may be to answer. */
  async #allowed(mayAsk: boolean): Promise<boolean> {
    const { permission, devices } = this.#parts;
    const state = (await permission().catch(() => null))?.state;
    if (state === "denied") return false;
    if (state === "granted" || mayAsk) return true;
    if (state === "prompt") return false;
    // Devices have names only where the permission was given.
    const known = (await devices?.enumerateDevices().catch(() => [])) ?? [];
    return known.some(({ kind, label }) => kind === "audioinput" && label !== "");
  }

  async #opens(): Promise<boolean> {
    try {
      const stream = await this.#parts.devices?.getUserMedia({ audio: true });
      const tracks = stream?.getAudioTracks() ?? [];
      const usable = tracks.some(({ readyState, muted }) => readyState === "live" && !muted);
      for (const track of tracks) track.stop();
      return usable;
    } catch {
      return false;
    }
  }
}

/** Of the page's microphone, where the browser tells (not every one knows the name). */
export async function microphonePermission(): Promise<PermissionStatus | null> {
  return (await navigator.permissions?.query({ name: "microphone" as PermissionName })) ?? null;
}
