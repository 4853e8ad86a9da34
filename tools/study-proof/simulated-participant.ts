/** Somebody who takes part in a study through the real page, with known opinions. */
import type { Page } from "playwright-core";
import { type Plan, type PlannedTrial, planFor } from "../../study/plan.ts";
import type { Tone } from "../../study/protocol.ts";
import type { Study } from "../../study/study-file.ts";

interface Opinions {
  /** What is thought of a method, 0 to 1; in attention checks of "right" and "wrong" too. */
  opinion(method: string, question: string): number;
  /** Whether the quiet tone is told from the opposed one. */
  readonly headphones: boolean;
  readonly comment?: string;
}

interface Participation {
  readonly page: Page;
  /** Of the server: "http://127.0.0.1:8081/study". */
  readonly url: string;
  readonly study: Study;
  readonly id: string;
  /** Of those who joined before. */
  readonly number: number;
  readonly opinions: Opinions;
  /** Called when a trial's ratings are all made, before the next one is asked for; false ends the visit there. */
  onTrial?: ((trial: PlannedTrial) => Promise<boolean>) | undefined;
}

const PATIENCE_MS = 60_000;

/** Goes on from wherever the participant is, to the end or to where `onTrial` says to stop. */
export async function takePart(participation: Participation): Promise<"done" | "left" | "no-headphones"> {
  const { page, url, study, id, number } = participation;
  const plan = planFor(study, id, number);
  page.setDefaultTimeout(PATIENCE_MS);
  await open(page, `${url}?p=${id}`);
  for (;;) {
    await page.waitForSelector('study-app:not([data-stage="loading"])');
    const app = page.locator("study-app");
    const stage = await app.getAttribute("data-stage");
    switch (stage) {
      case "consent":
        await page.getByRole("checkbox").check();
        await page.getByRole("button", { name: "Begin" }).click();
        break;
      case "headphones":
        await answerTones(page, plan, participation.opinions);
        continue;
      case "volume":
        await page.getByRole("button", { name: /^Play the recording/ }).click();
        await page.getByRole("button", { name: "The volume is right" }).click();
        break;
      case "trial": {
        const trialId = (await app.getAttribute("data-trial"))!;
        const trial = [plan.practice, ...plan.trials].find((each) => each?.id === trialId)!;
        await rateTrial(page, trial, participation);
        if ((await participation.onTrial?.(trial)) === false) return "left";
        await page.getByRole("button", { name: "Continue" }).click();
        await page.waitForSelector(`study-app:not([data-trial="${trialId}"])`);
        continue;
      }
      case "comment":
        await page.getByRole("textbox").fill(participation.opinions.comment ?? "");
        await page.getByRole("button", { name: "Finish" }).click();
        break;
      case "no-headphones":
      case "done":
        await page.waitForSelector('study-app[data-saved="yes"]');
        return stage;
      default:
        throw new Error(`the page is in a stage that nobody knows: ${stage}`);
    }
    await page.waitForSelector(`study-app:not([data-stage="${stage}"])`);
  }
}

/** Somebody who finds the server gone tries again. */
async function open(page: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await page.waitForTimeout(500);
    }
  }
}

async function answerTones(page: Page, { tones }: Plan, { headphones }: Opinions): Promise<void> {
  const attempt = Number(
    await page.locator("headphone-step").evaluate((step) => (step as unknown as { attempt: number }).attempt),
  );
  for (const [k, question] of tones[attempt].entries()) {
    await page.getByText(`Question ${k + 1} of`).waitFor();
    await page.getByRole("button", { name: /^Play the three tones/ }).click();
    const heard: Tone = headphones ? "quiet" : "opposed";
    const name = ["First", "Second", "Third"][question.indexOf(heard)];
    await page.getByRole("button", { name }).click();
  }
  await page.waitForFunction((before) => {
    const step = document.querySelector("study-app")?.shadowRoot?.querySelector("headphone-step");
    return !step || (step as unknown as { attempt: number }).attempt !== before;
  }, attempt);
}

/** Listens to what was not heard yet, and rates what was not rated yet. */
async function rateTrial(page: Page, trial: PlannedTrial, { study, opinions }: Participation): Promise<void> {
  const buttons = ["the recording", ...trial.stimuli.map((_, k) => `sound ${letter(k)}`)];
  for (const name of buttons) {
    const button = page.getByRole("button", { name: new RegExp(`^(Play|Stop) ${name}`, "i") });
    if (/, heard/.test((await button.getAttribute("aria-label")) ?? "")) continue;
    await button.click();
    await page.getByRole("button", { name: new RegExp(`${name}, heard`, "i") }).waitFor();
  }
  const span = study.scale === "0-100" ? 100 : 4;
  const lowest = study.scale === "0-100" ? 0 : 1;
  for (const [k, { method }] of trial.stimuli.entries()) {
    for (const { id } of study.questions) {
      const value = lowest + Math.round(span * Math.min(1, Math.max(0, opinions.opinion(method, id))));
      const scale = page
        .getByRole("region", { name: `Sound ${letter(k)}` })
        .locator(`rating-scale[data-question=${id}]`);
      if (study.scale === "0-100") await scale.getByRole("slider").fill(String(value));
      else await scale.getByRole("radio", { name: new RegExp(`^${value}`) }).check({ force: true });
    }
  }
}

function letter(k: number): string {
  return String.fromCharCode(65 + k);
}
