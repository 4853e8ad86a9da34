/** The released pack that is used when nobody names one. */
export const DEFAULT_PACK = "everyday";
