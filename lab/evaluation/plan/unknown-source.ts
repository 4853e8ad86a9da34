/** A folder of sounds that a pack doesn't know, in words that can be held against its classes. */
import { basename } from "node:path";
import type { FoundSound, FoundSounds } from "../../data/sound-folder.ts";
import { isUnknownSound } from "../../data/unknown-sounds.ts";
import { URBANSOUND_AS_OURS } from "../../data/urbansound8k.ts";

/**
 * The sounds of a folder under words that can be compared with the pack's classes. Of the collection in which some recordings
 * stand for the unknown it is those alone; where there are no labels a file's name without its numbers is the word.
 */
export function asUnknown({ layout, folder, sounds }: FoundSounds): { layout: string; sounds: FoundSound[] } {
  const listed = sounds.filter(({ name }) => isUnknownSound(name));
  const named = (listed.length > 0 ? listed : sounds).map((sound) => ({
    ...sound,
    label: sound.label === undefined ? wordOf(sound.name) : (URBANSOUND_AS_OURS[sound.label] ?? sound.label),
  }));
  return { layout: sourceName({ layout, folder }), sounds: named };
}

/** What people call where sounds are from. */
export function sourceName({ layout, folder }: Pick<FoundSounds, "layout" | "folder">): string {
  return layout === "a folder of sounds" ? basename(folder) : layout;
}

function wordOf(name: string): string {
  const stem = basename(name).replace(/\.\w+$/, "");
  return stem.replace(/([-_ ]?\d+(pct)?)+$/, "") || stem;
}
