/** The one writer of CSV: whatever a product gives to spreadsheets and statistics goes through it. */

/**
 * Cells that a spreadsheet would take for a formula, whatever stands before the sign that it doesn't show; the sign may
 * be one of full width. Numbers are numbers: only text is looked at.
 */
const FORMULA = /^[\t\r\n]|^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u;

/**
 * One line. An apostrophe keeps text that begins like a formula text; what holds commas, quotes or line ends is quoted.
 *
 * @param end RFC 4180 wants CR and LF.
 */
export function csvLine(cells: readonly (string | number)[], end = "\r\n"): string {
  return `${cells.map(cell).join(",")}${end}`;
}

function cell(value: string | number): string {
  if (typeof value === "number") return Number.isFinite(value) ? `${value}` : "";
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
