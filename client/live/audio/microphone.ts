import { microphoneProblem, ProblemError } from "../problems.ts";
import { Scope } from "../scope.ts";
import type { Told } from "../told.ts";

interface MicrophoneParts {
  readonly context: Pick<AudioContext, "createMediaStreamSource" | "createGain">;
  readonly scope: Scope;
  readonly getUserMedia: (constraints: MediaStreamConstraints) => Promise<MediaStream>;
  /** The browser's list of devices, which tells when it changes; null where there is none. */
  readonly devices: (EventTarget & { enumerateDevices(): Promise<readonly MediaDeviceInfo[]> }) | null;
  /** What is wrong just now, for the listener; null when it is over. `event` is for the log and names no device. */
  readonly onTrouble: (notice: Told | null, event: Told) => void;
  /** Nothing that this can mend. */
  readonly onProblem: (problem: ProblemError) => void;
}

/** Without a word from the browser that devices changed, a lost microphone is looked for so often. */
const LOOK_AGAIN_MS = 3_000;

/**
 * A microphone that comes back: when its track ends, or the device that it should be is another one now, it is opened
 * anew behind the same audio node. While the chosen one is away another one is used, if there is any.
 */
export class Microphone {
  /** Sounds for as long as the scope lives, whichever device is behind it. */
  readonly node: GainNode;
  readonly #parts: MicrophoneParts;
  readonly #wanted: string | undefined;
  /** Of the device that is open now. */
  #opened: Scope | null = null;
  #track: MediaStreamTrack | null = null;
  #searching = false;

  constructor(deviceId: string | undefined, parts: MicrophoneParts) {
    this.#parts = parts;
    this.#wanted = deviceId;
    const { scope, context, devices } = parts;
    this.node = scope.own(context.createGain(), (each) => each.disconnect());
    scope.add(() => this.#opened?.close());
    if (devices) scope.listen(devices, "devicechange", () => void this.#devicesChanged());
  }

  /** Opens it for the first time; rejects with a `ProblemError`. */
  async open(): Promise<MediaStreamTrack> {
    try {
      return await this.#open(this.#wanted);
    } catch (error) {
      this.#parts.scope.check();
      throw error instanceof ProblemError ? error : microphoneProblem(error);
    }
  }

  async #open(deviceId: string | undefined): Promise<MediaStreamTrack> {
    const { context, getUserMedia, scope } = this.#parts;
    const stream = await getUserMedia({
      audio: {
        ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
        // All that it has, where browsers would give one of two: they are looked at.
        channelCount: { ideal: 2 },
        // What browsers do to a voice for phone calls would be heard and explained as part of the sound.
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
      },
    });
    const opened = new Scope();
    opened.add(() => {
      for (const track of stream.getTracks()) track.stop();
    });
    if (scope.closed) await opened.close();
    scope.check();
    const [track] = stream.getAudioTracks();
    try {
      // Throws where a browser refuses a device of another rate than the context's.
      const source = opened.own(context.createMediaStreamSource(stream), (each) => each.disconnect());
      source.connect(this.node);
    } catch (error) {
      await opened.close();
      throw error;
    }
    await this.#opened?.close();
    this.#opened = opened;
    this.#track = track;
    const { onTrouble } = this.#parts;
    opened.listen(track, "ended", () => void this.#lost());
    opened.listen(track, "mute", () => onTrouble({ code: "microphone-muted" }, { code: "microphone-muted" }));
    opened.listen(track, "unmute", () => onTrouble(null, { code: "microphone-unmuted" }));
    return track;
  }

  async #lost(): Promise<void> {
    await this.#opened?.close();
    this.#opened = this.#track = null;
    this.#parts.onTrouble({ code: "microphone-away" }, { code: "microphone-away" });
    await this.#search();
  }

  async #search(): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    const { scope } = this.#parts;
    while (!scope.closed && !this.#opened) {
      if (await this.#found()) break;
      await scope.pause(LOOK_AGAIN_MS);
    }
    this.#searching = false;
  }

  /** Whether the search is over: one was found, or a person must help. */
  async #found(): Promise<boolean> {
    const { scope, onTrouble, onProblem } = this.#parts;
    const choices = this.#wanted === undefined ? [undefined] : [this.#wanted, undefined];
    for (const deviceId of choices) {
      try {
        const track = await this.#open(deviceId);
        const other = deviceId !== this.#wanted;
        onTrouble(other ? { code: "other-microphone", name: track.label } : null, {
          code: other ? "other-microphone-took-over" : "microphone-back",
        });
        return true;
      } catch (error) {
        if (scope.closed) return true;
        const problem = microphoneProblem(error);
        if (problem.code === "no-microphone" || problem.code === "microphone-busy") continue;
        const code = problem.code === "permission-denied" ? problem.code : "microphone-lost";
        onProblem(new ProblemError(code, problem.detail, { cause: error }));
        return true;
      }
    }
    return false;
  }

  async #devicesChanged(): Promise<void> {
    const { devices, scope, onTrouble } = this.#parts;
    const list = (await devices?.enumerateDevices().catch(() => [])) ?? [];
    if (scope.closed || this.#searching) return;
    if (!this.#track || this.#track.readyState === "ended") return this.#search();
    const settings = this.#track.getSettings();
    const inputs = list.filter(({ kind }) => kind === "audioinput");
    const away = this.#wanted !== undefined && settings.deviceId !== this.#wanted;
    const back = away && inputs.some(({ deviceId }) => deviceId === this.#wanted);
    const standard = inputs.find(({ deviceId }) => deviceId === "default");
    const moved =
      this.#wanted === undefined &&
      standard !== undefined &&
      settings.groupId !== undefined &&
      standard.groupId !== settings.groupId;
    if (!back && !moved) return;
    // The one in use goes on when the other can't be opened.
    const opened = await this.#open(this.#wanted).catch(() => null);
    if (!opened) return;
    onTrouble(null, { code: back ? "chosen-microphone-back" : "microphone-followed" });
  }
}
