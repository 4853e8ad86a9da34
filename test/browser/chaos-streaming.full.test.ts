// A streaming pack: while the server is gone the page begins the sound anew with its own memory, and again when the server is back.
import { test } from "uvu";
import { LEAST_JUDGED } from "../../tools/chaos/chaos-rig.ts";
import { chaosTest } from "./chaos-test.ts";
import { TINY_STREAMING } from "./set-up.ts";

chaosTest("explanation", "killed", LEAST_JUDGED, TINY_STREAMING);
chaosTest("explanation", "frozen", LEAST_JUDGED, TINY_STREAMING);
chaosTest("explanation", "slow", LEAST_JUDGED, TINY_STREAMING);
chaosTest("original", "killed", LEAST_JUDGED, TINY_STREAMING);

test.run();
