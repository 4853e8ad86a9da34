import { test } from "uvu";
import { chaosTest } from "./chaos-test.ts";

chaosTest("explanation", "killed");

test.run();
