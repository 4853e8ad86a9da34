/** What is to be listened to, as it was chosen, and the source that it makes. */

import type { Settings, SourceKind } from "../kit/parameters.ts";
import { builtInSounds, sampleRate } from "../kit/sounds/index.ts";
import { soundTitle } from "../kit/words/words.ts";
import type { Source } from "../live/live-explainer.ts";

export interface SourceChoice {
  readonly kind: SourceKind;
  /** Name of a built-in sound. */
  readonly sound: string;
  /** Empty is the system's own. */
  readonly microphone: string;
  readonly file: File | undefined;
  /** Of the file. */
  readonly repeat: boolean;
  /** Whether the person wears headphones. */
  readonly headphones: boolean;
}

export function firstSource({ source, sound, headphones }: Settings): SourceChoice {
  return { kind: source, sound, microphone: "", file: undefined, repeat: true, headphones };
}

/** Whether it may not be heard: through loudspeakers a microphone would hear itself. */
export function mustBeSilent({ kind, headphones }: SourceChoice): boolean {
  return kind === "microphone" && !headphones;
}

/** Undefined where a file is yet to be chosen. */
export function sourceOf(choice: SourceChoice): Source | undefined {
  const { kind, microphone, file, repeat } = choice;
  switch (kind) {
    case "sound": {
      const { name, load } = builtInSounds.find(({ name }) => name === choice.sound) ?? builtInSounds[0];
      return { kind: "samples", samples: load(), sampleRate, name: soundTitle(name), loop: true };
    }
    case "microphone":
      return microphone ? { kind, deviceId: microphone } : { kind };
    case "file":
      return file && { kind, file, name: file.name, loop: repeat };
    default:
      return kind satisfies never;
  }
}
