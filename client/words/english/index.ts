import { kiosk } from "./kiosk.ts";
import { live } from "./live.ts";
import { moment } from "./moment.ts";
import { labels, sounds, titles } from "./names.ts";
import { page } from "./page.ts";
import { picture } from "./picture.ts";
import { problems } from "./problems.ts";

/** Complete, and the type of every other language. */
export const english = {
  locale: "en",
  title: "English",
  page,
  picture,
  problems,
  live,
  moment,
  kiosk,
  labels,
  titles,
  sounds,
};

export type Words = typeof english;
