import { test } from "uvu";
import { completenessTest } from "./completeness.ts";

completenessTest("spectrogram", 1);
completenessTest("spectrogram", 4);

test.run();
