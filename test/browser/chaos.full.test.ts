import { test } from "uvu";
import { chaosTest } from "./chaos-test.ts";

chaosTest("original", "frozen");

test.run();
