// Known flaws in the packages that Listenable runs on or is built from, as the registry tells them: `npm run audit`.
// Exit status: 0 no flaw of the given severity or worse, or nobody could be asked (a line says SKIPPED); 1 flaws.
// Which licences those packages have needs no registry: test/models/sound/read-audio-licences.test.ts looks at each run.
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const LEVELS = ["info", "low", "moderate", "high", "critical"];
const WORST_ALLOWED = "moderate";

/**
 * @param {string} text what `npm audit --json` printed
 * @returns {{ status: 0 | 1, lines: string[] }} what to print, and the exit status
 */
export function judge(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return skipped("npm audit gave no report");
  }
  // What npm writes instead of a report when the registry does not answer or has no audits.
  if (!report.vulnerabilities)
    return skipped(report.error?.summary || report.message || "npm audit gave no report");
  const found = Object.values(report.vulnerabilities);
  const bad = found.filter(({ severity }) => LEVELS.indexOf(severity) > LEVELS.indexOf(WORST_ALLOWED));
  if (bad.length === 0) {
    return { status: 0, lines: [`audit: OK, nothing above ${WORST_ALLOWED} (${found.length} lesser)`] };
  }
  const lines = bad.map(({ name, severity, range, fixAvailable, via }) => {
    const titles = via.flatMap((each) => (each.title ? [`${each.title} ${each.url ?? ""}`.trim()] : []));
    return `audit: ${severity}: ${name} ${range}${fixAvailable ? ", fixed in a newer one" : ""}: ${titles.join("; ")}`;
  });
  return { status: 1, lines };
}

function skipped(reason) {
  return { status: 0, lines: [`audit: SKIPPED, nobody could be asked (${reason.split("\n")[0]})`] };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Development's too: what the build bundles is among them.
  const words = ["audit", "--audit-level=high", "--json"];
  const { stdout, error } = spawnSync("npm", words, { encoding: "utf8", timeout: 60_000, maxBuffer: 64e6 });
  const { status, lines } = error ? skipped(error.message) : judge(stdout);
  for (const line of lines) console.log(line);
  process.exitCode = status;
}
