/**
 * Which sounds of the collection `other-sounds` (a folder of files beside a `meta.csv`) stand for what a classifier doesn't know,
 * and which of them nothing is trained on.
 *
 * A recording (its Freesound id; where it has none the address that it came from; where it has neither the file's name without
 * its last number) is unknown when the first 32 bits of the SHA-256 of that text, as a fraction, are below a third: all files of
 * a recording are on one side, and a recording that is added moves no other. Never unknown: files with an `esc50_label`; ambiences,
 * in which many things sound and which are needed as backgrounds; `jet_ambience` and `jet_land`, which are airplanes.
 */
import { createHash } from "node:crypto";

/** Files of unknown sounds, without their endings, and their Freesound ids: never trained on, never a background. */
export const UNKNOWN_SOUNDS: Readonly<Record<string, number | null>> = {
  "amb-Splash": null,
  "amb-scuba1calm": 45521,
  "amb-small_waterfall": 38390,
  ar_fire_01: 553848,
  ar_fire_02: 553848,
  camel_01: 437937,
  camel_02: 437937,
  chalk_screech_01: 332290,
  chalk_screech_02: 332289,
  cicada_01: 400331,
  cicada_06: 434330,
  cicada_08: 179565,
  compressor_motor_02: 376927,
  door_close_02: 411791,
  door_close_03: 80928,
  "drone-clips_no-prop_m1_motor_m1_no_prop_50pct_004": null,
  "drone-clips_no-prop_m1_motor_m1_no_prop_70pct_001": null,
  "drone-clips_no-prop_m1_motor_m1_no_prop_70pct_006": null,
  "drone-clips_no-prop_m1_motor_m1_no_prop_80pct_001": null,
  "drone-clips_prop_m1_motor_m1_prop_20pct_000": null,
  "drone-clips_prop_m1_motor_m1_prop_20pct_005": null,
  "drone-clips_prop_m1_motor_m1_prop_40pct_001": null,
  "drone-clips_prop_m1_motor_m1_prop_40pct_006": null,
  "drone-clips_prop_m1_motor_m1_prop_40pct_011": null,
  explosion_01: 514133,
  explosion_03: 398283,
  explosion_distant_01: 352143,
  explosion_distant_02: 352143,
  explosion_distant_03: 352143,
  explosion_distant_04: 352143,
  fuse: 8320,
  fuse_short: 8320,
  goose: 104959,
  laser_03: 346919,
  laser_07: 470932,
  melee_hit_01: 98341,
  melee_hit_02: 98341,
  melee_hit_03: 98341,
  melee_hit_04: 98341,
  melee_hit_05: 98341,
  melee_hit_06: 98341,
  owl_hoot: 398734,
  peacock_02: null,
  pencil_write: 571800,
  pistol_fire_01: 476240,
  pistol_fire_02: 522085,
  raccoon_chatter: null,
  raccoon_chatter_baby_01: null,
  raccoon_chatter_baby_02: null,
  rifle_cock_01: 513746,
  undead_moan_01: null,
  undead_moan_02: null,
  undead_moan_03: null,
  undead_moan_04: null,
  whale: null,
  woodpecker_peck: 66955,
  yak: null,
  zombie_damage: 163447,
};

/** Files under the MIT licence: unknown sounds, or backgrounds of an evaluation, and never of a training. */
export const NEVER_TRAINED_ON: readonly string[] = [
  "drone-clips_no-prop_m1_motor_m1_no_prop_20pct_000",
  "drone-clips_no-prop_m1_motor_m1_no_prop_20pct_005",
  "drone-clips_no-prop_m1_motor_m1_no_prop_20pct_010",
  "drone-clips_no-prop_m1_motor_m1_no_prop_30pct_001",
  "drone-clips_no-prop_m1_motor_m1_no_prop_30pct_006",
  "drone-clips_no-prop_m1_motor_m1_no_prop_40pct_000",
  "drone-clips_no-prop_m1_motor_m1_no_prop_40pct_005",
  "drone-clips_no-prop_m1_motor_m1_no_prop_40pct_010",
  "drone-clips_no-prop_m1_motor_m1_no_prop_50pct_004",
  "drone-clips_no-prop_m1_motor_m1_no_prop_60pct_001",
  "drone-clips_no-prop_m1_motor_m1_no_prop_60pct_006",
  "drone-clips_no-prop_m1_motor_m1_no_prop_70pct_001",
  "drone-clips_no-prop_m1_motor_m1_no_prop_70pct_006",
  "drone-clips_no-prop_m1_motor_m1_no_prop_80pct_001",
  "drone-clips_prop_m1_motor_m1_prop_20pct_000",
  "drone-clips_prop_m1_motor_m1_prop_20pct_005",
  "drone-clips_prop_m1_motor_m1_prop_30pct_002",
  "drone-clips_prop_m1_motor_m1_prop_30pct_007",
  "drone-clips_prop_m1_motor_m1_prop_40pct_001",
  "drone-clips_prop_m1_motor_m1_prop_40pct_006",
  "drone-clips_prop_m1_motor_m1_prop_40pct_011",
  "drone-clips_prop_m1_motor_m1_prop_50pct_004",
  "drone-clips_prop_m1_motor_m1_prop_60pct_000",
  "drone-clips_prop_m1_motor_m1_prop_60pct_005",
];

/** The rule by which a recording is unknown, for the list above and for recordings to come. */
export function isUnknownRecording(recording: string): boolean {
  return createHash("sha256").update(recording).digest().readUInt32BE() / 2 ** 32 < 1 / 3;
}

/** @param file its name, or a path of either slash. */
export function isUnknownSound(file: string): boolean {
  return Object.hasOwn(UNKNOWN_SOUNDS, stem(file));
}

/** Whether a file may be heard in training, as a sound or as a background. */
export function mayTrainOn(file: string): boolean {
  return !isUnknownSound(file) && !NEVER_TRAINED_ON.includes(stem(file));
}

function stem(file: string): string {
  return file.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");
}
