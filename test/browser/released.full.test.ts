import { test } from "uvu";
import { releasedTest } from "./released-test.ts";

releasedTest("remote");

test.run();
