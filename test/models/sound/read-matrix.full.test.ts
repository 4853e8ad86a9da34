// Every codec of every container.
import { test } from "uvu";
import { matrixTests } from "./read-matrix.ts";

matrixTests();

test.run();
