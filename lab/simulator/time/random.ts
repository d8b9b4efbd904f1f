/** Seeded chance: every random decision of a run comes from a generator that is forked from its seed. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** From the least value to the greatest. */
export type Range = readonly [least: number, greatest: number];

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform between the ends of a range. */
  within(range: Range): number;
  /** A whole number, both ends included. */
  whole(least: number, greatest: number): number;
  /** True with the given probability. Draws nothing for 0. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** Time until the next of events that come independently at a rate, in milliseconds. */
  untilNextMs(perSecond: number): number;
  /** A UUID version 4 (RFC 9562). */
  uuid(): string;
  /** A generator of its own: what one part of a run draws does not shift what another draws. */
  fork(label: string): Random;
}

export const createRandom = (seed: number, label = ""): Random => {
  const generator = xoroshiro128plus(mix(seed, label));
  const next = (): number => uniformFloat64(generator);
  const whole = (least: number, greatest: number): number =>
    least + Math.floor(next() * (greatest - least + 1));
  const hex = (digits: number): string =>
    whole(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, "0");
  return {
    next,
    within: ([least, greatest]) => least + next() * (greatest - least),
    whole,
    chance: (probability) => probability > 0 && next() < probability,
    pick: (items) => items[whole(0, items.length - 1)]!,
    untilNextMs: (perSecond) => (-Math.log(1 - next()) * 1_000) / perSecond,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[whole(0, 3)]}${hex(3)}-${hex(12)}`,
    fork: (name) => createRandom(seed, `${label}/${name}`),
  };
};

/** FNV-1a over the label, from the seed (G. Fowler, L. Noll, K.-P. Vo). 32 bits. */
function mix(seed: number, label: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of `${label}#${seed}`) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash | 0;
}
