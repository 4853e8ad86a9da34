/** Keys for the first, second, third … choice: A, B, C …, and 1, 2, 3 … for keyboards without Latin letters. */
import { letter } from "../kit/format.ts";

/** Value of `aria-keyshortcuts` for a choice. */
export function choiceKeys(index: number): string {
  return `${letter(index)} ${index + 1}`;
}

/** What a pressed key chooses; undefined where it is the key of none. */
export function chosenByKey<T>(choices: readonly T[], key: string): T | undefined {
  return choices.find((_, index) => key.toUpperCase() === letter(index) || key === String(index + 1));
}
