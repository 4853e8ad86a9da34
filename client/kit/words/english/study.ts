/** The listening study's page; what the study itself says is in its study file. */
import { numbersIn } from "../numbers.ts";

const { plural } = numbersIn("en");

export const study = {
  loading: "Loading the study …",
  noServer: "The study can't be reached. Check your connection; this page keeps trying.",
  saved: "All answers are saved.",
  saving: "Saving …",
  notSaved: (count: number) =>
    `${count} ${plural(count, "answer is", "answers are")} not saved yet; this page keeps trying. You can go on.`,
  outOfStep: "This study went on elsewhere, in another tab perhaps; here is where you are.",
  consentHeading: "Before you begin",
  begin: "Begin",
  next: "Continue",
  headphonesHeading: "Headphone check",
  headphonesText:
    "Put your headphones on. You will hear three tones, one after the other. Tell which of them is the quietest.",
  headphonesAgain:
    "That did not sound like headphones. Check that they are on and plugged in, and try once more.",
  headphonesQuestion: (k: number, of: number) => `Question ${k} of ${of}: which tone is the quietest?`,
  threeTones: "The three tones",
  tones: ["First", "Second", "Third"],
  noHeadphonesHeading: "Headphones are needed",
  noHeadphonesText:
    "This study can only be taken with headphones, and the check did not find any. Thank you for your time.",
  volumeHeading: "Set the volume",
  volumeText:
    "Turn your volume down, play this recording, and turn it up until it is as loud as you like to listen. " +
    "Then leave it as it is until the end.",
  volumeDone: "The volume is right",
  practiceHeading: "Practice",
  practiceText:
    "Try it with this one; it does not count. Listen to the recording and to each sound to its end, then rate. " +
    "You can listen as often as you like and change ratings until you continue.",
  trialHeading: (k: number, of: number) => `Recording ${k} of ${of}`,
  classLine: (label: string) => `The class is “${label}”.`,
  original: "The recording",
  stimulus: (letter: string) => `Sound ${letter}`,
  play: (what: string) => `Play ${inSentence(what)}`,
  stop: (what: string) => `Stop ${inSentence(what)}`,
  heard: "heard",
  notHeard: "not heard yet",
  listenFirst: "Listen to the recording and to this sound first.",
  notRated: "not rated",
  ends: (low: number, lowest: string, high: number, highest: string) =>
    `${low} is ${lowest}, ${high} is ${highest}`,
  missing: (count: number) => `${count} ${plural(count, "rating is", "ratings are")} missing.`,
  soundFailed: "The sound can't be loaded. Check your connection and press play again.",
  commentHeading: "Almost done",
  commentLabel:
    "Is there anything that you would like to tell us? (You need not, and please write no names.)",
  finish: "Finish",
  doneHeading: "Thank you",
};

/** "sound A" for "Sound A". */
function inSentence(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
