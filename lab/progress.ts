/** What long work tells of itself while it runs. */

export interface Progress {
  /** What is under way, in a word: "sounds", "dictionary", "evaluate", ... */
  readonly stage: string;
  readonly done: number;
  /** May still grow while a stage is under way; null where nobody knows it. */
  readonly total: number | null;
  /** More about the step that was just done, for people. */
  readonly detail?: string;
}

/** Ways in which long work is followed and stopped. */
export interface Follow {
  readonly onProgress?: (progress: Progress) => void;
  /** Told what people should know and what was left out, a sentence each. */
  readonly onNotice?: (sentence: string) => void;
  /** Stops the work, which then rejects with an `InterruptedError` or the signal's reason. */
  readonly signal?: AbortSignal;
}
