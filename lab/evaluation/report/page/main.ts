/** What runs in the report's page: bundled into one script that is written into the file. */
import type { ReportData } from "../report-data.ts";
import { showCards } from "./cards.ts";
import { sortByHeads } from "./sorting.ts";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as ReportData;
for (const table of document.querySelectorAll<HTMLTableElement>("table.figures:not(.plain)"))
  sortByHeads(table);
showCards(data);
