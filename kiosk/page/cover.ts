/**
 * A dark sheet over the page, which is there from its first picture on (static/kiosk.html). Before the page is loaded anew
 * it is drawn over the old one: browsers go on showing that until the new one has something to show, which is the same.
 */
const FADE_MS = 700;

export class Cover {
  constructor(private readonly body: HTMLElement) {}

  /** Resolves when nothing of the page is to be seen. */
  close(): Promise<void> {
    return this.#set("closed");
  }

  open(): Promise<void> {
    return this.#set("open");
  }

  #set(cover: string): Promise<void> {
    this.body.dataset["cover"] = cover;
    return new Promise((resolve) => setTimeout(resolve, FADE_MS));
  }
}
