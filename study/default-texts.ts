/** What a new study file says until somebody edits it. */
import type { Study } from "./study-file.ts";

export const DEFAULT_TEXTS: Study["texts"] = {
  welcome: [
    "A computer program listened to recordings and named what it heard in each. For every recording, several methods " +
      "then tried to pick out just the part of the sound that belongs to that name. You will hear the recording and what " +
      "each method picked out, without being told which method it was, and rate them.",
    "You need headphones and a quiet place. You can stop at any time and go on later on this device.",
  ],
  consent: [
    "Taking part is voluntary, and you may stop at any moment without giving a reason.",
    "Kept are your ratings, the comment that you may write at the end, and when you gave them. Your name, address or " +
      "device are not kept.",
    "Sounds are played at a loudness that you set. Start low.",
  ],
  agree: "I have read this and agree to take part.",
  thanks: ["Your ratings have been saved. You may close this page."],
};

/** The two questions of the published study. */
export const DEFAULT_QUESTIONS: Study["questions"] = [
  {
    id: "match",
    text: 'How well does this sound match the part of the recording that belongs to "{class}"?',
    low: "not at all",
    high: "perfectly",
  },
  { id: "quality", text: "How good is its audio quality?", low: "bad", high: "excellent" },
];
