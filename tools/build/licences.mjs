// The licences of the packages whose code is in the bundles.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Of an input such as "node_modules/@scope/name/dist/index.js", also of one inside another. */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** Of all builds that have its plugin, and `metafile: true`. */
export class BundledLicences {
  #folders = new Set();

  plugin = {
    name: "bundled-licences",
    setup: (build) => build.onEnd(({ metafile }) => this.#take(metafile)),
  };

  #take({ outputs }) {
    const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
    for (const input of inputs) {
      const folder = PACKAGE_FOLDER.exec(input);
      if (folder) this.#folders.add(folder[0]);
    }
  }

  /** @returns {Promise<string>} name, version, licence, source and licence's text of each package. */
  async text() {
    const texts = await Promise.all([...this.#folders].sort().map(licenceOf));
    return texts.join(`\n${"-".repeat(80)}\n\n`);
  }
}

async function licenceOf(folder) {
  const { name, version, license, author, repository } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  );
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  const source = typeof repository === "string" ? repository : repository?.url;
  const text =
    file === undefined
      ? `\nBy ${author?.name ?? author}; the package has no text of its licence.\n`
      : `\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  return `${name} ${version} (${license})${source ? `, source: ${source}` : ""}\n${text}`;
}
