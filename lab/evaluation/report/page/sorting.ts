/** Tables that are sorted by a click on a column's head, each block of rows within itself, and folded by the block's head. */
import { element } from "./elements.ts";

export function sortByHeads(table: HTMLTableElement): void {
  const buttons = [...table.querySelectorAll<HTMLButtonElement>("thead button")];
  buttons.forEach((button, column) => {
    button.addEventListener("click", () => {
      // The best first; the worst first on the second click.
      const down = button.dataset["better"] === "up";
      const turned = button.classList.contains("sorted") && button.dataset["turned"] !== "yes";
      for (const each of buttons) {
        each.classList.remove("sorted");
        each.dataset["turned"] = "";
      }
      button.classList.add("sorted");
      button.dataset["turned"] = turned ? "yes" : "";
      const sign = (down ? -1 : 1) * (turned ? -1 : 1);
      for (const body of table.tBodies) sortRows(body, column + 1, sign);
    });
  });
  for (const body of table.tBodies) foldByHead(body);
}

function sortRows(body: HTMLTableSectionElement, column: number, sign: number): void {
  const shown = (row: HTMLTableRowElement) => Number(row.cells[column].dataset["value"] ?? Number.NaN);
  const rows = [...body.rows].slice(1);
  rows.sort((a, b) => compared(shown(a), shown(b), sign));
  body.append(...rows);
}

function foldByHead(body: HTMLTableSectionElement): void {
  const head = body.rows[0].cells[0];
  const title = head.textContent ?? "";
  const button = element("button");
  button.type = "button";
  const fold = (folded: boolean) => {
    body.classList.toggle("folded", folded);
    button.textContent = `${folded ? "▸" : "▾"} ${title}`;
    button.setAttribute("aria-expanded", String(!folded));
  };
  button.addEventListener("click", () => fold(!body.classList.contains("folded")));
  head.replaceChildren(button);
  // Many methods have many controls: what they are read by, not what is read.
  fold(body.dataset["block"] === "control" && body.rows.length > 5);
}

/** Numbers by sign, what is no number last. */
export function compared(a: number, b: number, sign: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return sign * (a - b);
}
