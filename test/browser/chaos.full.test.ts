// The other five of the six pairs; the sixth is in chaos.test.ts.
import { test } from "uvu";
import { chaosTest } from "./chaos-test.ts";

chaosTest("explanation", "frozen");
chaosTest("explanation", "slow");
chaosTest("original", "killed");
chaosTest("original", "frozen");
chaosTest("original", "slow");

test.run();
