/**
 * Which sounds of the collection `other-sounds` (a folder of files beside a `meta.csv`) stand for what a classifier doesn't know,
 * and which of them nothing is trained on.
 *
 * A recording (its Freesound id; where it has none the address that it came from; where it has neither the file's name without
 * its last number) is unknown when the first 32 bits of the SHA-256 of that text, as a fraction, are below a third: all files of
 * a recording are on one side, and a recording that is added moves no other. Never unknown: files with an `esc50_label`; ambiences,
 * in which many things sound and which are needed as backgrounds; `jet_ambience` and `jet_land`, which are airplanes.
 *
 * The unknown are for figures. Settings, thresholds above all, need others that a classifier has not heard: those from a third to
 * below two thirds, by the same rule, which a training leaves out when it is told to (`train stream --spare`).
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

/** Files, and their Freesound ids, that are spared for settings by trainings that are told to. */
export const SPARED_SOUNDS: Readonly<Record<string, number | null>> = {
  "amb-Wolves_Howling": null,
  balloon_inflate: 263809,
  bear_01: null,
  bear_02: null,
  boing: 161122,
  chalk_screech_03: 332288,
  cicada_05: 207374,
  door_open: 104533,
  doorbell_03: 177875,
  duck_quack_02: 418509,
  fireball_01: 105016,
  fireball_02: 346917,
  fireball_03: 346916,
  "gsc-doing_the_dishes": null,
  "gsc-exercise_bike": null,
  "gsc-pink_noise": null,
  "gsc-running_tap": null,
  "gsc-white_noise": null,
  laser_01: 268344,
  laser_02: 268343,
  laser_04: 346918,
  laser_05: 470934,
  leopard_growl_01: null,
  leopard_growl_02: null,
  leopard_growl_03: null,
  leopard_roar_01: null,
  leopard_roar_02: null,
  leopard_roar_03: null,
  leopard_roar_04: null,
  leopard_roar_05: null,
  leopard_saw_01: null,
  leopard_saw_02: null,
  leopard_saw_03: null,
  leopard_snarl_01: null,
  leopard_snarl_02: null,
  leopard_snort: null,
  match_ignite: 484266,
  monkey_01: null,
  monkey_02: null,
  monkey_03: null,
  penguin_01: 66150,
  penguin_02: 66150,
  pistol_fire_dry: 467183,
  rifle_fire_02: 410262,
  rifle_fire_04: 391725,
  rifle_fire_cock: 398348,
  rifle_small_fire_01: 319400,
  rifle_small_fire_02: 319400,
  sea_lion_01: 499564,
  sea_lion_02: 499564,
  sea_lion_03: 499564,
  seagull_01: 353416,
  seagull_02: 353416,
  shotgun_fire_pump: 348671,
  snake_rattle: null,
  toy_squeak_01: 403507,
  toy_squeak_02: 371305,
  wolf_snarl: 338674,
  zebra: null,
  zipper: null,
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
  return fractionOf(recording) < 1 / 3;
}

/** The rule by which a recording is spared for settings. */
export function isSparedRecording(recording: string): boolean {
  const fraction = fractionOf(recording);
  return fraction >= 1 / 3 && fraction < 2 / 3;
}

function fractionOf(recording: string): number {
  return createHash("sha256").update(recording).digest().readUInt32BE() / 2 ** 32;
}

/** @param file its name, or a path of either slash. */
export function isUnknownSound(file: string): boolean {
  return Object.hasOwn(UNKNOWN_SOUNDS, stem(file));
}

/** @param file as of `isUnknownSound`. */
export function isSparedSound(file: string): boolean {
  return Object.hasOwn(SPARED_SOUNDS, stem(file));
}

/** Whether a file may be heard in training, as a sound or as a background. */
export function mayTrainOn(file: string): boolean {
  return !isUnknownSound(file) && !NEVER_TRAINED_ON.includes(stem(file));
}

function stem(file: string): string {
  return file.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");
}
