/** What clients write themselves, for logs and answers: as much of it as a person needs to know it again. */

const MOST = 120;

export function cut(text: string | undefined = "", most = MOST): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}
