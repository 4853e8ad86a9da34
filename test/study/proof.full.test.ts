import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { journalLines, runProof } from "../../tools/study-proof/run-proof.ts";
import { browser, check, opinion, studyFolder } from "./proof-rig.ts";

check(
  "preferences come out again, through closed tabs and a server that went away; nothing is lost or doubled",
  async () => {
    const folder = await studyFolder({
      headphones: { questions: 1, needed: 1, attempts: 1, required: false },
    });
    const results = join(folder, "results");
    const proof = await runProof({
      browser,
      folder,
      results,
      participants: 3,
      opinion,
      withoutHeadphones: [1],
      inattentive: [],
    });
    assert.equal(proof.complaints, []);
    assert.is(proof.tabsClosed, 3);
    assert.is(proof.restarts, 1);
    const { analysis } = proof;
    assert.is(analysis.joined, 3);
    assert.equal(analysis.excluded, { incomplete: 0, headphones: 1, attention: 0 });
    for (const { question, method, mean, ratings } of analysis.figures) {
      assert.is(ratings, 4);
      assert.ok(Math.abs(mean - 100 * opinion(method, question)) < 8, `${method} ${question}: ${mean}`);
    }
    assert.equal(analysis.comments, ["A comment, with “signs”\nand a second line"]);
    // Two trials, a check and the practice, two sounds and two questions each, three people.
    assert.is(analysis.ratings.length, 3 * 4 * 2 * 2);
    const events = (await journalLines(results)).flatMap((line) => ("event" in line ? [line.event.id] : []));
    assert.is(new Set(events).size, events.length);
  },
);

test.run();
