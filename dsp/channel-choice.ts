/** Which channel of a sound is heard, as people ask for it, and what they are told of what was found. */

/**
 * "mix" is the mean of all channels that can be mixed; "best" the one with the most sound; a number counts from 1, as
 * do "left" (1) and "right" (2). A sound of one channel is heard whatever was asked for by name.
 */
export type ChannelChoice = "mix" | "best" | "left" | "right" | number;

/** What became of the channels of a sound. Channels count from 1. */
export interface ChannelVerdict {
  readonly of: number;
  /** Those that are heard: their mean, where they are several. */
  readonly heard: readonly number[];
  /** Without any sound that counts beside the others: nothing, a constant, hum. */
  readonly silent: readonly number[];
  /** Nothing but steady noise, while others hold sound. */
  readonly noisy: readonly number[];
  /** The mean would have lost what the channels have in common, as one is the other upside down. */
  readonly cancelling: boolean;
}

/** More than any sound has that somebody wants to hear as one. */
export const MOST_CHANNELS = 64;

/** @throws RangeError that says what could be chosen. */
export function parseChannelChoice(text: string): ChannelChoice {
  if (text === "mix" || text === "best" || text === "left" || text === "right") return text;
  const number = Number(text);
  if (/^\d{1,2}$/.test(text) && number >= 1 && number <= MOST_CHANNELS) return number;
  throw new RangeError(`${text} is no choice of channels; it is mix, best, left, right, or a number from 1`);
}

/**
 * Index of the channel that was asked for; undefined where the sound itself decides.
 *
 * @throws RangeError for a number that the sound does not have.
 */
export function chosenChannel(choice: ChannelChoice, count: number): number | undefined {
  if (choice === "mix" || choice === "best") return undefined;
  if (choice === "left" || count === 1) return named(choice, count) ? 0 : outOf(choice as number, count);
  if (choice === "right") return 1;
  return choice >= 1 && choice <= count ? choice - 1 : outOf(choice, count);
}

function named(choice: ChannelChoice, count: number): boolean {
  return typeof choice === "string" || (choice >= 1 && choice <= count);
}

function outOf(choice: number, count: number): never {
  const has = count === 1 ? "one channel" : `${count} channels`;
  throw new RangeError(`there is no channel ${choice}, as the sound has ${has}: choose one of them, or mix`);
}

/** One sentence's rest, to be put after the sound's name; undefined where there is nothing to tell. */
export function channelNote({ of, heard, silent, noisy, cancelling }: ChannelVerdict): string | undefined {
  const found: string[] = [];
  if (silent.length > 0)
    found.push(`${names(silent, of)} ${silent.length === 1 ? "holds" : "hold"} no sound`);
  if (noisy.length > 0)
    found.push(`${names(noisy, of)} ${noisy.length === 1 ? "holds" : "hold"} nothing but noise`);
  if (cancelling) {
    const rest = of - silent.length - noisy.length;
    found.push(
      `${rest < of ? "the others" : rest === 2 ? "the two channels" : "the channels"} cancel each other, as if one were upside down`,
    );
  }
  if (found.length === 0) return undefined;
  return `${joinedWords(found)}; ${names(heard, of)} ${heard.length === 1 ? "is" : "are"} heard alone`;
}

function names(channels: readonly number[], of: number): string {
  if (channels.length === 1) {
    if (of === 2) return `the ${channels[0] === 1 ? "left" : "right"} channel`;
    return `channel ${channels[0]} of ${of}`;
  }
  return `channels ${joinedWords(channels.map(String))} of ${of}`;
}

function joinedWords(words: readonly string[]): string {
  if (words.length === 1) return words[0];
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
