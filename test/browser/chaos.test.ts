import { test } from "uvu";
import { chaosTest } from "./chaos-test.ts";

// Beside other tests the made-up microphone stutters: a second of the recording has to be whole here, and more of it in the long form.
chaosTest("explanation", "killed", 0.15);

test.run();
