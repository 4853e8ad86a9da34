// One codec of each container; all of them in read-matrix.full.test.ts.
import { test } from "uvu";
import { matrixTests } from "./read-matrix.ts";

matrixTests(1);

test.run();
