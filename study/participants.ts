/** Who takes part and how far they are: what the server answers from, and the journal behind it. */

import { join } from "node:path";
import { makePrivateFolder } from "../server/private-files.ts";
import { ANSWERS_FILE, type AnswerLine, linesOf, Participant, readAnswers } from "./answers.ts";
import { Journal } from "./journal.ts";
import { Places } from "./places.ts";
import type { EventAnswer, StudyEvent, StudyView } from "./protocol.ts";
import { StudyRefusal } from "./protocol.ts";
import { type KeepingLog, SafeKeeping } from "./safe-keeping.ts";
import type { OpenStudy } from "./study-file.ts";

/** Whoever needs more than this for one study is a program. */
const MOST_EVENTS = 20_000;

/** Nobody new can join: the study is full, or the name is not on its list. */
export class NotAdmitted extends Error {
  override name = "NotAdmitted";
}

export class Participants {
  readonly #places: Places;
  readonly #keeping: SafeKeeping;

  private constructor(
    private readonly open: OpenStudy,
    private readonly known: Map<string, Participant>,
    private readonly journal: Journal,
    private readonly now: () => Date,
    keeping: { readonly results: string; readonly log: KeepingLog },
  ) {
    this.#places = new Places(open.study.participants.most, () => now().getTime());
    const lines = () => [...known.values()].flatMap((person) => linesOf(person, open.hash));
    this.#keeping = new SafeKeeping(journal, { ...keeping, lines, now });
  }

  /** @throws JournalError when the results that are there cannot be gone on with. */
  static async open(
    study: OpenStudy,
    results: string,
    { log, now = () => new Date() }: { readonly log: KeepingLog; readonly now?: () => Date },
  ): Promise<Participants> {
    await makePrivateFolder(results);
    const path = join(results, ANSWERS_FILE);
    const { participants, end } = await readAnswers(path, study);
    return new Participants(study, participants, await Journal.open(path, end), now, { results, log });
  }

  get count(): number {
    return this.known.size;
  }

  get finished(): number {
    return [...this.known.values()].filter(({ progress }) => progress.finished).length;
  }

  /** False while answers are refused because they could not be kept. */
  get saves(): boolean {
    return this.#keeping.works;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /**
   * The study as this participant gets it; one who is new joins. Rejects with NotAdmitted when that can't be, with NotSaved
   * when nothing can be kept now.
   */
  async join(id: string, address: string): Promise<StudyView> {
    await this.look();
    const person = this.known.get(id) ?? this.#newcomer(id, address);
    this.#places.seen(id, address);
    await this.#keeping.flushed();
    const { title, language, texts } = this.open.study;
    return { participant: id, title, language, texts, ...person.rules, progress: person.progress };
  }

  #newcomer(id: string, address: string): Participant {
    const { study, hash } = this.open;
    const { invited } = study.participants;
    if (invited && !invited.includes(id)) throw new NotAdmitted("This study is open to invited people only.");
    if (!this.#places.take(id, address, this.known.values()))
      throw new NotAdmitted("This study has all the participants that it needs.");
    const person = new Participant(study, id, this.known.size, this.now().toISOString());
    this.known.set(id, person);
    const joined = { number: person.number, study: hash };
    this.#write({ at: person.joinedAt, participant: id, joined });
    return person;
  }

  /**
   * Takes an event; resolves when it is on the disk, rejects with NotSaved when it can't be. One that was seen before changes
   * nothing, one that does not fit is refused in the answer. Undefined for somebody who has not joined.
   */
  async take(id: string, event: StudyEvent): Promise<EventAnswer | undefined> {
    const person = this.known.get(id);
    if (!person) return undefined;
    // Before anything changes: what could not be kept would not be known to be missing.
    await this.look();
    if (!person.seen.has(event.id)) {
      const at = this.now().toISOString();
      try {
        if (person.events.length >= MOST_EVENTS) throw new StudyRefusal("there are too many answers");
        person.take(event, at);
      } catch (error) {
        if (!(error instanceof StudyRefusal)) throw error;
        return { refused: error.message, progress: person.progress };
      }
      this.#write({ at, participant: id, event });
    }
    const { progress } = person;
    // An answer that came twice must not be acknowledged before its first copy is safe.
    await this.#keeping.flushed();
    return { progress };
  }

  /** Whether all is safe, in the file that has the name; rejects with NotSaved. */
  look(): Promise<void> {
    return this.#keeping.look();
  }

  async close(): Promise<void> {
    await this.journal.close();
  }

  /** It is on the disk when `flushed` says so. */
  #write(line: AnswerLine): void {
    this.journal.append(line).catch(() => {});
  }
}
