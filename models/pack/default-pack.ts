/** The released pack that is used when nobody names one. */
export const DEFAULT_PACK = "esc10-speech";
