import type { Words } from "../english/index.ts";
import { kiosk } from "./kiosk.ts";
import { live } from "./live.ts";
import { moment } from "./moment.ts";
import { monitor } from "./monitor.ts";
import { labels, sounds, titles } from "./names.ts";
import { page } from "./page.ts";
import { picture } from "./picture.ts";
import { problems } from "./problems.ts";
import { study } from "./study.ts";

export const german: Words = {
  locale: "de",
  title: "Deutsch",
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
