// The ports between threads: in the audio thread there is little else. Their messages are typed where they are received.

interface MessageEvent<Data> {
  readonly data: Data;
}

interface MessagePort {
  // biome-ignore lint/suspicious/noExplicitAny: as the browsers' own declaration has it; whoever listens says what comes.
  onmessage: ((event: MessageEvent<any>) => void) | null;
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  close(): void;
}
