import { test } from "uvu";
import { releasedTest } from "./released-test.ts";

releasedTest("local");

test.run();
