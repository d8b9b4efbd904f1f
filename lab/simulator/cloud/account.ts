/** An AWS account: functions that share a limit of concurrent executions, as Lambda runs them. */
import type { Faults } from "../faults.ts";
import type { FunctionParameters } from "../parameters.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { createEnvironment, type Environment } from "./environment.ts";

export interface AccountOptions {
  time: VirtualTime;
  random: Random;
  parameters: FunctionParameters;
  faults: () => Faults;
}

export interface Invocation {
  environment: Environment;
  /** Milliseconds until Lambda ends the invocation, by the environment's clock. */
  remainingMs(): number;
}

export type Handler<Input, Output> = (input: Input, invocation: Invocation) => Promise<Output>;

/** The end of an invocation. `throttled`: no execution was free, and nothing was run. */
export type Ending<Output> =
  | { ended: "returned"; output: Output }
  | { ended: "threw"; error: unknown }
  | { ended: "timed_out" | "died" | "throttled" };

export interface CloudFunction<Input, Output> {
  invoke(input: Input): Promise<Ending<Output>>;
}

export interface FunctionOptions<Input, Output> {
  name: string;
  timeoutMs: number;
  /** Sets an environment up: called once for each, before its first invocation. */
  open: (environment: Environment) => Handler<Input, Output>;
}

export interface Account {
  createFunction<Input, Output>(
    options: FunctionOptions<Input, Output>,
  ): CloudFunction<Input, Output>;
  /** The most executions that were under way at once. */
  readonly concurrencyPeak: number;
  /** The most of each function at once, by its name. */
  readonly concurrencyPeaks: ReadonlyMap<string, number>;
}

export const createAccount = ({ time, random, parameters, faults }: AccountOptions): Account => {
  let running = 0;
  let concurrencyPeak = 0;
  const concurrencyPeaks = new Map<string, number>();
  const chance = random.fork("account");

  const createFunction = <Input, Output>({
    name,
    timeoutMs,
    open,
  }: FunctionOptions<Input, Output>): CloudFunction<Input, Output> => {
    interface Host {
      environment: Environment;
      handler: Handler<Input, Output>;
    }
    const idle: Host[] = [];
    let opened = 0;
    let runningHere = 0;

    const start = (): Host => {
      opened += 1;
      const { clockSkewMs } = faults();
      const label = `${name}-${opened}`;
      const environment = createEnvironment({
        name: label,
        time,
        random: random.fork(label),
        skewMs: clockSkewMs === 0 ? 0 : chance.within([-clockSkewMs, clockSkewMs]),
      });
      return { environment, handler: environment.run(() => open(environment)) };
    };

    const takeIdle = (): Host | undefined => {
      let host = idle.pop();
      while (host?.environment.isDead === true) host = idle.pop();
      return host;
    };

    const invoke = (input: Input): Promise<Ending<Output>> =>
      new Promise((resolve) => {
        const answer = (atMs: number, ending: Ending<Output>): void =>
          void time.schedule(atMs, () => resolve(ending));
        if (running >= parameters.concurrency) {
          return answer(time.nowMs + chance.within(parameters.refusalMs), { ended: "throttled" });
        }
        running += 1;
        runningHere += 1;
        concurrencyPeak = Math.max(concurrencyPeak, running);
        concurrencyPeaks.set(name, Math.max(concurrencyPeaks.get(name) ?? 0, runningHere));
        const warm = takeIdle();
        const host = warm ?? start();
        const { environment } = host;
        const beginsAtMs =
          time.nowMs +
          (warm === undefined ? chance.within(parameters.coldStartMs) : 0) +
          chance.within(parameters.handlerMs) / 2;
        const endsAtMs = beginsAtMs + timeoutMs;
        let isEnded = false;
        const end = (ending: Ending<Output>, lastMs = 0): void => {
          if (isEnded) return;
          isEnded = true;
          timer.isCancelled = true;
          running -= 1;
          runningHere -= 1;
          const isReusable = ending.ended === "returned" || ending.ended === "threw";
          if (isReusable) idle.push(host);
          else environment.kill();
          answer(time.nowMs + lastMs, ending);
        };
        const timer = time.schedule(endsAtMs, () => end({ ended: "timed_out" }));
        environment.onDeath = () => end({ ended: "died" });
        const invocation: Invocation = { environment, remainingMs: () => endsAtMs - time.nowMs };
        time.schedule(beginsAtMs, () => {
          const work = environment.run(() => host.handler(input, invocation));
          // A dead environment never gets here: what it awaits does not happen.
          work.then(
            (output) => end({ ended: "returned", output }, chance.within(parameters.handlerMs) / 2),
            (error: unknown) => end({ ended: "threw", error }),
          );
        });
      });
    return { invoke };
  };

  return {
    createFunction,
    get concurrencyPeak() {
      return concurrencyPeak;
    },
    concurrencyPeaks,
  };
};
