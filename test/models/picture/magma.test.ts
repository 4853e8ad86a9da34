import { interpolateMagma } from "d3-scale-chromatic";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MAGMA_LEVELS, magma } from "../../../models/picture/magma.ts";

test("the table is d3-scale-chromatic's magma, level by level and beyond both ends", () => {
  const shares = Array.from({ length: 4 * MAGMA_LEVELS }, (_, k) => k / (4 * MAGMA_LEVELS - 1));
  for (const share of [-1, ...shares, 2]) {
    const digits = magma(share).map((value) => value.toString(16).padStart(2, "0"));
    assert.is(`#${digits.join("")}`, interpolateMagma(share), `at ${share}`);
  }
});

test.run();
