/** The network between clients and service: it loses requests and replies, and copies requests. */
import type { Environment } from "../cloud/environment.ts";
import type { Transport } from "../doors/transport.ts";
import type { Attempt, Reply, ServiceContext, ServiceListener } from "./context.ts";
import type { Outages } from "./outages.ts";
import { serverError, throttling } from "./refusals.ts";

export interface Network {
  /** Returns the way from one environment's client to the service. */
  connect(environment: Environment): Transport;
}

/**
 * @param serve serves an attempt that arrives, and replies when its reply reaches the client
 * @param requestTimeoutMs how long a client waits for the reply to one attempt
 */
export const createNetwork = (
  context: ServiceContext,
  outages: Outages,
  listeners: readonly ServiceListener[],
  serve: (attempt: Attempt, reply: (reply: Reply) => void) => void,
  requestTimeoutMs: number,
): Network => {
  const { time, random, engine, parameters } = context;
  const requests = new Map<string, { number: number; attempts: number }>();

  const countAttempt = (invocationId: string): { number: number; attempts: number } => {
    let counted = requests.get(invocationId);
    if (counted === undefined) {
      counted = { number: requests.size + 1, attempts: 0 };
      requests.set(invocationId, counted);
    }
    counted.attempts += 1;
    return counted;
  };

  const drawFailure = (): Error | undefined => {
    const faults = context.faults();
    if (random.chance(faults.serverError)) return serverError();
    return random.chance(faults.throttled) ? throttling("partition") : undefined;
  };

  const send = (attempt: Attempt, reply: (reply: Reply) => void): void => {
    const { requestLost, replyLost, copied, copyLateMs } = context.faults();
    if (random.chance(copied)) {
      const copy = { ...attempt, isCopy: true };
      time.scheduleQuietly(time.nowMs + random.within(copyLateMs), () => {
        if (!outages.isOut()) serve(copy, () => {});
      });
    }
    if (random.chance(requestLost) || outages.isOut()) return;
    const error = drawFailure();
    if (error !== undefined) {
      const atMs = time.nowMs + random.within(parameters.readMs);
      time.scheduleQuietly(atMs, () => reply({ error }));
      return;
    }
    serve(attempt, random.chance(replyLost) ? () => {} : reply);
  };

  const connect: Network["connect"] =
    (environment) =>
    ({ operation, input, invocationId }, signal) =>
      new Promise((resolve, reject) => {
        const { number: requestNumber, attempts } = countAttempt(invocationId);
        const attempt: Attempt = {
          request: engine.parse(operation, input),
          requestNumber,
          number: attempts,
          sender: environment.name,
          sentAtWallMs: environment.wallMs(),
          isCopy: false,
        };
        if (signal?.aborted) return reject(abortError());
        const timer = environment.setTimer(requestTimeoutMs, () => settle(timeoutError()));
        const abort = (): void => settle(abortError());
        signal?.addEventListener("abort", abort, { once: true });
        let isSettled = false;
        const settle = (result: Error | object): void => {
          if (isSettled) return;
          isSettled = true;
          timer.cancel();
          signal?.removeEventListener("abort", abort);
          if (result instanceof Error) reject(result);
          else resolve(result);
        };
        for (const listener of listeners) listener.sent?.(attempt);
        send(attempt, (reply) => {
          for (const listener of listeners) listener.replied?.(attempt, reply);
          // A reply resumes code that awaits, which the quiet steps of the service do not.
          time.schedule(time.nowMs, () =>
            environment.deliver(() => settle("error" in reply ? reply.error : reply.output)),
          );
        });
      });

  return { connect };
};

/** As the SDK's own HTTP handler names them: the SDK retries the first, and not the second. */
const timeoutError = (): Error => Object.assign(new Error("No reply."), { name: "TimeoutError" });
const abortError = (): Error => Object.assign(new Error("Aborted."), { name: "AbortError" });
