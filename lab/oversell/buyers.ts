/**
 * Processes of buyers, and the races that they run. They begin together when all of them are ready,
 * and each says at the end what became of its buyers (buyer-process.ts).
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Approach } from "./approaches.ts";
import { sharedNowMs } from "./clock.ts";
import type { Places } from "./open-approach.ts";

export interface RaceOptions {
  approach: Approach;
  places: Places;
  sku: string;
  /** A file that the one who finds it takes away, and halts. */
  ticket?: string;
  /** After this time buyers begin no other purchase. */
  limitMs: number;
}

export interface RacePlan extends RaceOptions {
  /** In this process. */
  buyersHere: number;
}

/** What became of the buyers of one process. */
export interface Tally {
  /** Milliseconds of the epoch. */
  soldAtMs: number[];
  /** From when a buyer began to want a unit until it had it, its repeated attempts included. */
  latenciesMs: number[];
  soldOutAnswers: number;
  /** Told to come again, by who had waited too long. */
  turnedAway: number;
  /** Refused because of a greater token. */
  superseded: number;
  failures: string[];
  /** To DynamoDB, without those of buyers who came when nothing was left. */
  requests: number;
}

export const emptyTally = (): Tally => ({
  soldAtMs: [],
  latenciesMs: [],
  soldOutAnswers: 0,
  turnedAway: 0,
  superseded: 0,
  failures: [],
  requests: 0,
});

export type Command = { do: "race"; plan: RacePlan } | { do: "go" } | { do: "stop" };
export type Told = { told: "ready" } | { told: "halted" } | { told: "finished"; tally: Tally };

export interface Race {
  /** Resolves with the process that has taken the ticket, and has stopped itself. */
  halted(): Promise<HaltedProcess>;
  /** Milliseconds of the epoch. */
  beganAtMs: number;
  /** Buyers begin no other purchase. */
  stop(): void;
  /** Of the processes that were not killed. */
  tallies: Promise<Tally[]>;
}

export interface HaltedProcess {
  goOn(): void;
  /** Ends it for good; another process takes its place in the next race. */
  kill(): Promise<void>;
}

export interface Buyers extends AsyncDisposable {
  /** Resolves when the race has begun. */
  begin(options: RaceOptions): Promise<Race>;
}

const program = fileURLToPath(new URL("buyer-process.ts", import.meta.url));
const processesMax = 4;

/** How many buyers each process has: as even as can be. */
const distribute = (buyers: number): number[] => {
  const processes = Math.min(processesMax, buyers);
  return Array.from({ length: processes }, (_, index) => Math.ceil((buyers - index) / processes));
};

interface BuyerProcess {
  child: ChildProcess;
  buyersHere: number;
}

/** Resolves when it tells this; rejects when it ends before, or when `signal` aborts. */
const told = <Kind extends Told["told"]>(
  { child }: BuyerProcess,
  kind: Kind,
  signal?: AbortSignal,
): Promise<Extract<Told, { told: Kind }>> =>
  new Promise((resolve, reject) => {
    const settle = (how: () => void): void => {
      child.off("message", hear);
      child.off("exit", onExit);
      how();
    };
    const hear = (message: Told): void => {
      if (message.told === kind) settle(() => resolve(message as Extract<Told, { told: Kind }>));
    };
    const onExit = (): void =>
      settle(() => reject(new Error(`A process of buyers has ended (${child.exitCode}).`)));
    child.on("message", hear);
    child.on("exit", onExit);
    signal?.addEventListener("abort", () => settle(() => reject(signal.reason as Error)));
    if (hasEnded(child)) onExit();
  });

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

const start = (buyersHere: number): BuyerProcess => ({
  child: fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"] }),
  buyersHere,
});

const kill = async ({ child }: BuyerProcess): Promise<void> => {
  if (hasEnded(child)) return;
  child.kill("SIGKILL");
  await once(child, "exit");
};

const command = ({ child }: BuyerProcess, given: Command): void => {
  if (child.connected) child.send(given);
};

export const startBuyers = (buyers: number): Buyers => {
  const processes = distribute(buyers).map(start);
  return {
    begin: async (options) => {
      const killed = new Set<BuyerProcess>();
      const racing = [...processes];
      await Promise.all(
        racing.map(async (one) => {
          const ready = told(one, "ready");
          command(one, { do: "race", plan: { ...options, buyersHere: one.buyersHere } });
          await ready;
        }),
      );
      const finished = racing.map(async (one): Promise<Tally[]> => {
        try {
          return [(await told(one, "finished")).tally];
        } catch (error) {
          if (killed.has(one)) return [];
          throw error;
        }
      });
      const tallies = Promise.all(finished).then((all) => all.flat());
      tallies.catch(() => {});
      const over = new AbortController();
      const end = (): void => over.abort(new Error("The race was over before anybody halted."));
      tallies.then(end, end);
      const firstHalted = Promise.any(
        options.ticket === undefined
          ? []
          : racing.map((one) => told(one, "halted", over.signal).then(() => one)),
      );
      firstHalted.catch(() => {});
      const beganAtMs = sharedNowMs();
      for (const one of racing) command(one, { do: "go" });
      return {
        halted: async () => {
          const one = await firstHalted;
          return {
            goOn: () => void one.child.kill("SIGCONT"),
            kill: async () => {
              killed.add(one);
              await kill(one);
              processes[processes.indexOf(one)] = start(one.buyersHere);
            },
          };
        },
        beganAtMs,
        stop: () => racing.forEach((one) => command(one, { do: "stop" })),
        tallies,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(processes.map(kill));
    },
  };
};
