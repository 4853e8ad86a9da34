/** Who takes part and how far they are: what the server answers from, and the journal behind it. */
import { join } from "node:path";
import { makePrivateFolder } from "../server/private-files.ts";
import { ANSWERS_FILE, type AnswerLine, Participant, readAnswers } from "./answers.ts";
import { Journal } from "./journal.ts";
import type { EventAnswer, StudyEvent, StudyView } from "./protocol.ts";
import { StudyRefusal } from "./protocol.ts";
import type { OpenStudy } from "./study-file.ts";

/** Whoever needs more than this for one study is a program. */
const MOST_EVENTS = 20_000;

/** Nobody new can join: the study is full, or the name is not on its list. */
export class NotAdmitted extends Error {
  override name = "NotAdmitted";
}

export class Participants {
  private constructor(
    private readonly open: OpenStudy,
    private readonly known: Map<string, Participant>,
    private readonly journal: Journal,
    private readonly now: () => Date,
  ) {}

  /** @throws JournalError when the results that are there cannot be gone on with. */
  static async open(study: OpenStudy, results: string, now = () => new Date()): Promise<Participants> {
    await makePrivateFolder(results);
    const path = join(results, ANSWERS_FILE);
    const { participants, end } = await readAnswers(path, study);
    return new Participants(study, participants, await Journal.open(path, end), now);
  }

  get count(): number {
    return this.known.size;
  }

  get finished(): number {
    return [...this.known.values()].filter(({ progress }) => progress.finished).length;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** The study as this participant gets it; one who is new joins. Rejects with NotAdmitted when that can't be. */
  async join(id: string): Promise<StudyView> {
    const { study, hash } = this.open;
    let person = this.known.get(id);
    if (!person) {
      const { most, invited } = study.participants;
      if (invited && !invited.includes(id))
        throw new NotAdmitted("This study is open to invited people only.");
      if (this.known.size >= most)
        throw new NotAdmitted("This study has all the participants that it needs.");
      person = new Participant(study, id, this.known.size, this.now().toISOString());
      this.known.set(id, person);
      const joined = { number: person.number, study: hash };
      await this.#write({ at: person.joinedAt, participant: id, joined });
    }
    await this.journal.flushed();
    const { title, language, texts } = study;
    return { participant: id, title, language, texts, ...person.rules, progress: person.progress };
  }

  /**
   * Takes an event; resolves when it is on the disk. One that was seen before changes nothing, one that does not fit is
   * refused in the answer. Undefined for somebody who has not joined.
   */
  async take(id: string, event: StudyEvent): Promise<EventAnswer | undefined> {
    const person = this.known.get(id);
    if (!person) return undefined;
    if (!person.seen.has(event.id)) {
      const at = this.now().toISOString();
      try {
        if (person.events.length >= MOST_EVENTS) throw new StudyRefusal("there are too many answers");
        person.take(event, at);
      } catch (error) {
        if (!(error instanceof StudyRefusal)) throw error;
        return { refused: error.message, progress: person.progress };
      }
      await this.#write({ at, participant: id, event });
    }
    // An answer that came twice must not be acknowledged before its first copy is safe.
    await this.journal.flushed();
    return { progress: person.progress };
  }

  async close(): Promise<void> {
    await this.journal.close();
  }

  #write(line: AnswerLine): Promise<void> {
    return this.journal.append(line);
  }
}
