import { kiosk } from "./kiosk.ts";
import { live } from "./live.ts";
import { moment } from "./moment.ts";
import { monitor } from "./monitor.ts";
import { labels, sounds, titles } from "./names.ts";
import { page } from "./page.ts";
import { picture } from "./picture.ts";
import { problems } from "./problems.ts";
import { study } from "./study.ts";

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
  monitor,
  study,
  labels,
  titles,
  sounds,
};

export type Words = typeof english;
