/**
 * One simulated world: an account with Holdfast in it, its callers, and what watches them. Everything
 * in it follows from the seed.
 */
import type { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { databaseRequestTimeoutMs } from "../../contract/bounds.ts";
import type { MultiItemStrategy } from "../../contract/tables.ts";
import type { Report } from "./checks/check-commits.ts";
import { byHand, createHistory, type History } from "./checks/history.ts";
import type { Violation } from "./checks/violation.ts";
import { createWatch, describe } from "./checks/watch.ts";
import { createAccount, type Account } from "./cloud/account.ts";
import { createHoldfast, type CallRecord, type Holdfast } from "./cloud/holdfast.ts";
import { createEnvironment } from "./cloud/environment.ts";
import { openCore, type Door } from "./cloud/open-core.ts";
import { createOrderQueue, type OrderQueue } from "./cloud/order-queue.ts";
import { startStreamConsumers, type StreamConsumers } from "./cloud/stream-consumers.ts";
import { startSweeps } from "./cloud/sweeps.ts";
import { createTopic, type Topic } from "./cloud/topic.ts";
import { createEngine, type Engine } from "./engine/engine.ts";
import { faultLevels, type Faults } from "./faults.ts";
import { createMeter, type Meter } from "./meter.ts";
import type { Parameters } from "./parameters.ts";
import { createService, type Service } from "./service/service.ts";
import { tableDefinitions, tablesWithStream } from "./tables.ts";
import { createRandom, type Random } from "./time/random.ts";
import { createVirtualTime, type VirtualTime } from "./time/virtual-time.ts";
import { createTrace, type Trace } from "./trace.ts";

export interface WorldOptions {
  seed: number;
  parameters: Parameters;
  faults: Faults;
  door: Door;
  multiItemStrategy: MultiItemStrategy;
  /** The maximum age of a refusal for too few units. */
  refusalMemoryMs: number;
  /** Partitions of the index `byExpiry`. */
  expiryPartitions: number;
  /** True for a stack that takes sold units off `onHand` at once. */
  fulfillsOnConfirm: boolean;
  /** Called with each line of the trace. */
  onTrace?: ((line: string) => void) | undefined;
}

export interface World {
  time: VirtualTime;
  random: Random;
  engine: Engine;
  service: Service;
  account: Account;
  holdfast: Holdfast;
  orders: OrderQueue;
  consumers: StreamConsumers;
  topic: Topic;
  history: History;
  /** The last calls with their answers, oldest first. */
  readonly calls: readonly CallRecord[];
  meter: Meter;
  trace: Trace;
  violations: readonly Violation[];
  report: Report;
  /** Writes past Holdfast, as a person at the console does. */
  changeByHand(command: UpdateCommand): Promise<unknown>;
  /** Resolves after so many milliseconds of the run. */
  sleep(durationMs: number): Promise<void>;
  /** Ends all faults but the skew of clocks, so that the run can come to rest. */
  calm(): void;
  /** Checks what can only be judged at the end of a run: claims of shortages. */
  judgeClaims(): void;
}

export const createWorld = (options: WorldOptions): World => {
  const { seed, parameters } = options;
  const time = createVirtualTime();
  const random = createRandom(seed);
  let current = options.faults;
  const faults = (): Faults => current;
  const engine = createEngine(tableDefinitions);
  const service = createService({
    time,
    random: random.fork("dynamodb"),
    engine,
    tablesWithStream,
    parameters: parameters.database,
    faults,
    requestTimeoutMs: databaseRequestTimeoutMs,
  });
  const history = createHistory();
  const { refusalMemoryMs, fulfillsOnConfirm } = options;
  const watch = createWatch(time, history, { refusalMemoryMs, fulfillsOnConfirm });
  service.listen({ committed: (commit) => watch.onCommit(commit) });

  const account = createAccount({ time, random, parameters: parameters.functions, faults });
  const holdfast = createHoldfast({
    time,
    random,
    account,
    service,
    faults,
    door: options.door,
    multiItemStrategy: options.multiItemStrategy,
    refusalMemoryMs,
    expiryPartitions: options.expiryPartitions,
    onSend: (call) => watch.onSend(call),
    onCall: (record) => watch.onCall(record),
  });
  const hand = createEnvironment({ name: byHand, time, random: random.fork(byHand), skewMs: 0 });
  const topic = createTopic(time, random.fork("topic"), faults);
  const { streams } = service;
  const { clockSkewMs } = options.faults;
  const orders = createOrderQueue(time, random.fork("orders"), holdfast, faults);
  startSweeps(time, holdfast, (error) => watch.report("sweep_stopped", "sweep", describe(error)));

  return {
    time,
    random,
    engine,
    service,
    account,
    holdfast,
    orders,
    consumers: startStreamConsumers({
      time,
      random: random.fork("consumers"),
      parameters,
      faults,
      holdfast,
      streams,
      topic,
      fulfillsOnConfirm,
    }),
    topic,
    history,
    get calls() {
      return watch.calls;
    },
    meter: createMeter(service, time),
    trace: createTrace(time, service, options.onTrace),
    violations: watch.violations,
    report: watch.report,
    changeByHand: (command) =>
      hand.run(() => {
        const { door, multiItemStrategy, expiryPartitions } = options;
        const transport = service.connect(hand);
        const core = openCore({
          environment: hand,
          transport,
          door,
          multiItemStrategy,
          refusalMemoryMs,
          expiryPartitions,
        });
        return core.client.send(command);
      }),
    sleep: (durationMs) =>
      new Promise((resolve) => void time.schedule(time.nowMs + durationMs, resolve)),
    calm: () => {
      current = { ...faultLevels.none, clockSkewMs };
    },
    judgeClaims: () => {
      const lagMs = Math.max(0, ...service.indexLagMsMax.values());
      watch.judgeClaims(lagMs + 2 * clockSkewMs);
    },
  };
};
