import type { Words } from "../english/index.ts";
import { kiosk } from "./kiosk.ts";
import { live } from "./live.ts";
import { moment } from "./moment.ts";
import { labels, sounds, titles } from "./names.ts";
import { page } from "./page.ts";
import { picture } from "./picture.ts";
import { problems } from "./problems.ts";

export const german: Words = {
  locale: "de",
  title: "Deutsch",
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
