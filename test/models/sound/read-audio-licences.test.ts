import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockedPackage> };

const PERMISSIVE = ["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "(MIT OR CC0-1.0)"];
/** Weak copyleft: fit to be used unmodified, each as a package of its own. */
const WEAK: Readonly<Record<string, string>> = {
  mediabunny: "MPL-2.0",
  "@audio/decode-wma": "LGPL-2.1-or-later",
  "codec-parser": "LGPL-3.0-or-later",
};

test("no package needed at run time has a licence that would bind Listenable", () => {
  const unfit: string[] = [];
  for (const [path, { license = "none named", dev }] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (path === "" || dev || PERMISSIVE.includes(license) || WEAK[name] === license) continue;
    unfit.push(`${name}: ${license}`);
  }
  assert.equal(unfit, []);
});

test("docs/licences.md names every library we depend on", () => {
  const text = read("docs/licences.md");
  const { dependencies, optionalDependencies } = packages[""];
  const missing = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => !text.includes(`\`${name}\``),
  );
  assert.equal(missing, []);
});

test.run();
