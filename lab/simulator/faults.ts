/** The faults of a run, by probability. Each is drawn from the seed. */
import type { Range } from "./time/random.ts";

export interface Faults {
  /** Of one attempt of a request: it never arrives; it is applied, and its reply is lost. */
  requestLost: number;
  replyLost: number;
  /** A copy of it arrives once more, so much later. */
  copied: number;
  copyLateMs: Range;
  /** It is answered with a 500, or refused as throttled, without having been looked at. */
  serverError: number;
  throttled: number;
  /** Outages of the whole database, and how long each lasts. */
  outagesPerMinute: number;
  outageMs: Range;
  /** Of one request of a function: its environment dies, before or soon after the request. */
  death: number;
  /** Its environment is frozen, longer than any lease lasts, and goes on afterwards. */
  freeze: number;
  freezeMs: Range;
  /** The largest error of an environment's clock, in both directions. */
  clockSkewMs: number;
  /** A batch of a stream or a message of a queue is delivered a second time. */
  redelivered: number;
  /** Publishing a batch of events fails, although it may have been done. */
  publishFailed: number;
}

const none: Faults = {
  requestLost: 0,
  replyLost: 0,
  copied: 0,
  copyLateMs: [500, 8_000],
  serverError: 0,
  throttled: 0,
  outagesPerMinute: 0,
  outageMs: [500, 1_500],
  death: 0,
  freeze: 0,
  freezeMs: [5_500, 8_500],
  clockSkewMs: 0,
  redelivered: 0,
  publishFailed: 0,
};

const some: Faults = {
  ...none,
  requestLost: 0.002,
  replyLost: 0.004,
  copied: 0.002,
  serverError: 0.004,
  throttled: 0.004,
  outagesPerMinute: 0.5,
  death: 0.001,
  freeze: 0.0005,
  clockSkewMs: 200,
  redelivered: 0.02,
  publishFailed: 0.01,
};

const all: Faults = {
  ...none,
  requestLost: 0.01,
  replyLost: 0.02,
  copied: 0.01,
  serverError: 0.01,
  throttled: 0.02,
  outagesPerMinute: 1.5,
  death: 0.005,
  freeze: 0.003,
  clockSkewMs: 2_000,
  redelivered: 0.1,
  publishFailed: 0.05,
};

export const faultLevels = { none, some, all } as const satisfies Record<string, Faults>;
export type FaultLevel = keyof typeof faultLevels;
