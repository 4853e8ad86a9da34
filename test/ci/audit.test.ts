// What the dependency audit makes of npm's reports; no registry is asked here.
import { test } from "uvu";
import * as assert from "uvu/assert";

interface Verdict {
  readonly status: number;
  readonly lines: readonly string[];
}

// A script of the repository's own workings, outside of what is type-checked.
const { judge } = (await import(new URL("../../.ci/audit.mjs", import.meta.url).href)) as {
  judge: (text: string) => Verdict;
};

const flaw = (severity: string) => ({
  name: "some-package",
  severity,
  range: "<1.2.3",
  fixAvailable: true,
  via: [{ title: "Reads what it should not", url: "https://example.org/1" }, "other-package"],
});
const report = (...severities: string[]) =>
  JSON.stringify({ vulnerabilities: Object.fromEntries(severities.map((each, k) => [k, flaw(each)])) });

test("high and critical flaws fail, with their names and titles; lesser ones do not", () => {
  assert.is(judge(report()).status, 0);
  assert.is(judge(report("low", "moderate")).status, 0);
  for (const severity of ["high", "critical"]) {
    const { status, lines } = judge(report("low", severity));
    assert.is(status, 1);
    assert.is(lines.length, 1);
    assert.match(
      lines[0],
      `${severity}: some-package <1.2.3, fixed in a newer one: Reads what it should not`,
    );
  }
});

test("a registry that cannot be asked is told of and fails nothing", () => {
  for (const text of [
    "",
    "npm warn nonsense",
    "{}",
    '{"error":{"code":"ENOTFOUND","summary":"request failed\\nand more"}}',
    '{"message":"request to the registry failed"}',
  ]) {
    const { status, lines } = judge(text);
    assert.is(status, 0, text);
    assert.match(lines[0], "SKIPPED");
    assert.not.match(lines[0], "\n");
  }
});

test.run();
