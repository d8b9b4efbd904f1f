/** The types and the context that the parts of the simulated service share. */
import type { Change, Engine, Request } from "../engine/engine.ts";
import type { Faults } from "../faults.ts";
import type { DatabaseParameters } from "../parameters.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Capacity, Demand, UnitKind } from "./capacity.ts";
import type { Items } from "./items.ts";

/** One attempt of a request, as it was sent. */
export interface Attempt {
  request: Request;
  /** The same for all attempts of a request of the SDK: which of a run's requests it is. */
  requestNumber: number;
  /** Which attempt of the request it is, from 1. */
  number: number;
  /** The environment that sent it, and the time of its clock when it did. */
  sender: string;
  sentAtWallMs: number;
  /** True for the copy of an attempt that arrives late. */
  isCopy: boolean;
}

/** Changes that are committed at one instant. */
export interface Commit {
  atMs: number;
  attempt: Attempt;
  changes: readonly Change[];
}

/** The answer to an attempt: its output, or the error that DynamoDB answers with. */
export type Reply = { output: object } | { error: Error };

/** Is called with each attempt, reply and charge, and with each commit before any reply. */
export interface ServiceListener {
  sent?(attempt: Attempt): void;
  replied?(attempt: Attempt, reply: Reply): void;
  charged?(attempt: Attempt, kind: UnitKind, demands: readonly Demand[]): void;
  committed?(commit: Commit): void;
}

export interface ServiceContext {
  time: VirtualTime;
  random: Random;
  engine: Engine;
  parameters: DatabaseParameters;
  faults: () => Faults;
  capacity: Capacity;
  items: Items;
  /** Counts the units that a request consumed. */
  charge(kind: UnitKind, attempt: Attempt, demands: readonly Demand[]): void;
  /** Makes changes visible, calls the listeners, and lets indexes, replica and stream follow. */
  commit(attempt: Attempt, changes: readonly Change[]): void;
}
