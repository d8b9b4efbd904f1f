/** The trace of a run: every request, reply and commit. Two runs with the same hash are the same run. */
import { createHash } from "node:crypto";
import type { Attempt, Reply } from "./service/context.ts";
import type { Service } from "./service/service.ts";
import type { VirtualTime } from "./time/virtual-time.ts";

export interface Trace {
  /** SHA-256 of all lines so far, in hexadecimal. */
  hash(): string;
}

export const createTrace = (
  time: VirtualTime,
  service: Service,
  onLine: ((line: string) => void) | undefined,
): Trace => {
  const hash = createHash("sha256");
  /** Lines that are not hashed yet: one long text takes less time than many short ones. */
  let pending = "";
  const hashPending = (): void => {
    hash.update(pending);
    pending = "";
  };
  const add = (text: string): void => {
    const line = `${time.nowMs.toFixed(3).padStart(12)} ${text}`;
    pending += line;
    if (pending.length >= pendingMax) hashPending();
    onLine?.(line);
  };
  service.listen({
    sent: (attempt) => add(`${attempt.sender} #${attempt.requestNumber} ${describe(attempt)}`),
    replied: (attempt, reply) =>
      add(`${attempt.sender} #${attempt.requestNumber} <- ${describeReply(reply)}`),
    committed: ({ attempt, changes }) => {
      const images = changes.map(({ target, after }) => `${target.id} ${JSON.stringify(after)}`);
      add(`committed #${attempt.requestNumber} ${images.join("; ")}`);
    },
  });
  return {
    hash: () => {
      hashPending();
      return hash.copy().digest("hex");
    },
  };
};

const pendingMax = 32_768;

function describe({ request }: Attempt): string {
  const { operation, targets, query } = request;
  const where =
    query === undefined
      ? targets.map(({ id, action }) => `${action} ${id}`).join(", ")
      : `${query.table} ${query.index ?? ""}`;
  return `${operation} ${where}`;
}

function describeReply(reply: Reply): string {
  return "error" in reply ? `${reply.error.name}: ${reply.error.message}` : "done";
}
