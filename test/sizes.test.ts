// What the page loads at once keeps to its budgets; the graph compiler is none of it.
import { readFile } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
// @ts-expect-error a script without types
import { filesAtOnce, scriptSizes, tableOf } from "../tools/sizes.mjs";

interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly budgetKb: number;
}

test("the page, its pipeline and its picture keep to their budgets", async () => {
  const sizes: Size[] = await scriptSizes();
  assert.equal(
    sizes.map(({ name, budgetKb }) => [name, budgetKb]),
    [
      ["pipeline.js", 120],
      ["picture.js", 10],
      ["page.js", 280],
    ],
  );
  for (const { name, bytes, budgetKb } of sizes) {
    assert.ok(bytes > 5_000 && bytes <= 1_000 * budgetKb, `${name}: ${bytes} bytes`);
  }
});

test("a size above its budget is told", () => {
  const { lines, ok } = tableOf([{ name: "page.js", bytes: 280_001, budgetKb: 280 }]);
  assert.is(ok, false);
  assert.match(lines.at(-1), /page\.js +280\.0 kB +280 kB +NO/);
});

test("graphs are compiled in chunks of their own, which no worker and no thread waits for", async () => {
  // The name of an operator's rule that nothing but the compiler has.
  const compiler = "ConvTranspose";
  for (const script of ["dist/public/pipeline.js", "dist/public/moment.js", "dist/inference-worker.js"]) {
    const files: ReadonlyMap<string, number> = await filesAtOnce(script);
    for (const file of files.keys()) {
      assert.not.ok((await readFile(file, "utf8")).includes(compiler), `${script} brings ${file}`);
    }
  }
});

test("onnxruntime-web comes without what no worker calls, and with all of its build definitions", async () => {
  for (const script of ["pipeline.js", "moment.js", "listenable.js"]) {
    const text = await readFile(`dist/public/${script}`, "utf8");
    assert.ok(text.includes("ort-wasm-simd-threaded"), `${script} has it`);
    // The last two are of its worker proxy and of tensors as pictures.
    for (const never of ["BUILD_DEFS", "ort-wasm-proxy-worker", "toDataURL is not supported"])
      assert.not.match(text, never, script);
  }
});

test("workers are one file each, so that they can be copied", async () => {
  for (const script of ["pipeline.js", "picture.js", "moment.js", "worklet.js"]) {
    const files: ReadonlyMap<string, number> = await filesAtOnce(`dist/public/${script}`);
    assert.equal([...files.keys()], [`dist/public/${script}`]);
  }
});

test("what the page may need later is kept for when there is no network", async () => {
  const serviceWorker = await readFile("dist/public/service-worker.js", "utf8");
  for (const script of ["pipeline.js", "moment.js", "page.js"]) {
    const text = await readFile(`dist/public/${script}`, "utf8");
    const later = [...text.matchAll(/import\("\.\/([\w/-]+\.js)"\)/g)].map(([, file]) => file!);
    assert.ok(later.length > 0, `${script} has some`);
    for (const file of later) {
      await readFile(`dist/public/${file}`);
      assert.ok(serviceWorker.includes(`"${file}"`), file);
    }
  }
});

test.run();
