/** "A" for 0. */
export function letter(stimulus: number): string {
  return String.fromCharCode(65 + stimulus);
}
