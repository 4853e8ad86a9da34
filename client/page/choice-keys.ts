/** Keys for the first, second, third … choice: A, B, C …, and 1, 2, 3 … for keyboards without Latin letters. */

/** What is written on a choice. */
export function choiceKey(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** Value of `aria-keyshortcuts` for a choice. */
export function choiceKeys(index: number): string {
  return `${choiceKey(index)} ${index + 1}`;
}

/** What a pressed key chooses; undefined where it is the key of none. */
export function chosenByKey<T>(choices: readonly T[], key: string): T | undefined {
  return choices.find((_, index) => key.toUpperCase() === choiceKey(index) || key === String(index + 1));
}
