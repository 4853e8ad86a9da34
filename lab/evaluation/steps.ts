/** Steps done of a total that grows as a run learns what is to do. */
export class Steps {
  #done = 0;
  #total = 0;

  constructor(private readonly show: (done: number, total: number, what: string) => void = () => {}) {}

  add(count: number): void {
    this.#total += count;
  }

  step(what: string): void {
    this.show(++this.#done, this.#total, what);
  }
}
