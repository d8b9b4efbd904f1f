/** A scenario: the callers of a run, and their calls. */
import type { Parameters } from "../parameters.ts";
import type { MultiItemStrategy } from "../../../contract/tables.ts";
import type { Faults } from "../faults.ts";
import type { World } from "../world.ts";
import type { Answers } from "./answers.ts";

/** The amount of load. */
export interface Load {
  /** Buyers a second. */
  rate: number;
  seconds: number;
  /** Units of each SKU at the beginning. */
  units: number;
  /** The share of holds that are confirmed; a twentieth is released. */
  confirms: number;
  /** The time for which buyers come before the figures begin, so that the functions have started. */
  warmUpSeconds?: number;
  /** Rows of the stock level. By Holdfast's own choice where absent. */
  shards?: number;
}

export interface Scenario {
  /** One line: what it shows. */
  description: string;
  load: Load;
  faults: Faults;
  /** By the seed where absent. */
  multiItemStrategy?: MultiItemStrategy;
  /** True for a stack that takes sold units off `onHand` at once. By the seed where absent. */
  fulfillsOnConfirm?: boolean;
  /** Partitions of the index of holds. The stack's default where absent. */
  expiryPartitions?: number;
  /** True when its figures are the point; otherwise its violations are. */
  isThroughput?: boolean;
  /** True when the number of rows can be chosen. */
  takesShards?: boolean;
  /** The simulated AWS that it needs, where it is another than the usual one. */
  adapt?: (parameters: Parameters) => Parameters;
  /** Loads the world. Resolves when all calls are answered. */
  run: (world: World, load: Load, answers: Answers) => Promise<void>;
}
