/** The pages by axe-core's rules, in the languages and colour schemes that accessibility.browser.test.ts leaves out. */
import { test } from "uvu";
import {
  kioskPage,
  liveFailedAndFrozen,
  liveInOrder,
  monitorPages,
  studyPages,
} from "../browser/accessible-pages.ts";

liveInOrder("de", "dark");
liveFailedAndFrozen("dark");
studyPages("light");
monitorPages("dark");
kioskPage("en", "light");

test.run();
