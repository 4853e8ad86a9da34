/** Runs before anything is drawn, so that a page does not flash in the wrong colours. */
import { chosenTheme, showTheme } from "./theme.ts";

showTheme(chosenTheme(location.search));
