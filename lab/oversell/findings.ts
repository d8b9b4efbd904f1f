/** What the races have shown, as the parts of a report. */
import type { RaceFigures, Count } from "./race.ts";
import { atLeast, equal, type Part, type Result, type Target } from "../report/report.ts";
import { median, ratios, summarize, type Summary } from "../report/statistics.ts";
import {
  groupOf,
  isFirstOfItsName,
  isSafeWhenFrozen,
  isUnderLock,
  keyOf,
  serverOf,
  type Approach,
  type ApproachName,
  type ApproachUnderLock,
} from "./approaches.ts";
import { clockSkewMs, leaseMs, sessionTimeoutMs } from "./bounds.ts";
import { explainFrozen, explainRace, explainRecovery, failures, givesUp } from "./explain.ts";

/** By the key of its approach: the samples of its rounds. */
export type Rounds<Sample> = Readonly<Record<string, Sample[]>>;

export interface Recovery {
  afterHolderKilledMs: number;
  /** Undefined where the server was not made to fail. */
  afterServerFailedMs?: number;
}

export interface Setting {
  approaches: readonly Approach[];
  /** By an approach that did not run: why. */
  missing: ReadonlyMap<ApproachName, string>;
  buyers: number;
  units: number;
  engine: string;
}

const summariesOf = <Sample extends object>(samples: readonly Sample[]) => {
  const names = Object.keys(samples[0]!) as (keyof Sample & string)[];
  return Object.fromEntries(
    names.map((name) => [name, summarize(samples.map((sample) => sample[name] as number))]),
  );
};

/** A row, which is there whether its approach could run or not. */
const resultOf = <Sample extends object>(
  approach: Approach,
  { missing }: Setting,
  rounds: Rounds<Sample>,
  explanation: string,
): Result => {
  const row = { group: groupOf(approach), name: approach.name, explanation };
  const leftOut = missing.get(approach.name);
  return leftOut === undefined
    ? { ...row, figures: summariesOf(rounds[keyOf(approach)]!) }
    : { ...row, figures: {}, leftOut };
};

const hasRun =
  ({ missing }: Setting) =>
  ({ name }: Approach): boolean =>
    !missing.has(name);

const isExact = ({ sold, oversold }: Count, units: number): boolean =>
  sold === units && oversold === 0;

/** How many rounds of these approaches have done so, beside how many there were. */
const everyRound = (
  name: string,
  approaches: readonly Approach[],
  rounds: Rounds<Count>,
  isSo: (count: Count) => boolean,
): Target[] => {
  const counts = approaches.flatMap((approach) => rounds[keyOf(approach)]!);
  return counts.length === 0 ? [] : [equal(name, counts.length, counts.filter(isSo).length)];
};

const ratesOf = (rounds: Rounds<RaceFigures>, approach: Approach): number[] =>
  rounds[keyOf(approach)]!.map(({ perSecond }) => perSecond);

/** The lock under which most was sold a second. */
const bestLock = (
  approaches: readonly Approach[],
  rounds: Rounds<RaceFigures>,
): ApproachUnderLock | undefined =>
  approaches
    .filter(isUnderLock)
    .toSorted((a, b) => median(ratesOf(rounds, b)) - median(ratesOf(rounds, a)))[0];

export const racePart = (setting: Setting, rounds: Rounds<RaceFigures>): Part => {
  const { buyers, units, approaches, engine } = setting;
  const ran = approaches.filter(hasRun(setting));
  const case2 = ran.find(({ name }) => name === "case-2");
  const best = bestLock(ran, rounds);
  const results = approaches.map((approach) => {
    const result = resultOf(approach, setting, rounds, explainRace(approach));
    if (result.leftOut !== undefined) return result;
    const rates = ratesOf(rounds, approach);
    const ratio = (name: string, other: Approach | undefined) =>
      other && { [name]: summarize(ratios(rates, ratesOf(rounds, other))) };
    return {
      ...result,
      figures: {
        ...result.figures,
        ...ratio("ratioToCase2", case2),
        ...(!isUnderLock(approach) && ratio("ratioToBestLock", best)),
      },
    };
  });
  const guarded = ran.filter(({ name }) => name !== "unguarded");
  const unguarded = ran.filter(({ name }) => name === "unguarded");
  const ratioToBest =
    case2 && best && summarize(ratios(ratesOf(rounds, case2), ratesOf(rounds, best)));
  return {
    name: "race",
    title: `${buyers} buyers race for ${units} units of one SKU`,
    results,
    columns: [
      { figure: "sold", title: "sold", fractionDigits: 0 },
      { figure: "oversold", title: "oversold", fractionDigits: 0 },
      { figure: "lostUpdates", title: "lost", fractionDigits: 0 },
      { figure: "falseRefusals", title: "refused", fractionDigits: 0 },
      {
        figure: "perSecond",
        title: "buys/s",
        fractionDigits: 0,
        showsSpread: true,
        showsBar: true,
      },
      { figure: "p50Ms", title: "p50 ms", fractionDigits: 1 },
      { figure: "p99Ms", title: "p99 ms", fractionDigits: 0 },
      { figure: "requestsPerBuy", title: "requests", fractionDigits: 1 },
      { figure: "ratioToCase2", title: "of case 2", fractionDigits: 2 },
    ],
    charts: [
      {
        title: "Buys a second: more is better",
        caption: ratioToBest
          ? conclusion(ratioToBest, best)
          : "What each approach sells while all buyers want the same SKU.",
        figures: ["perSecond"],
        unit: "/s",
        fractionDigits: 0,
        scale: "linear",
      },
      {
        title: "Latency of a buy, from the median to the slowest in a hundred: less is better",
        caption: "From when a buyer begins to want a unit until it has it, waiting included.",
        figures: ["p50Ms", "p99Ms"],
        unit: "ms",
        fractionDigits: 1,
        scale: "logarithmic",
      },
      {
        title: "Requests for a buy: less is cheaper",
        caption: "To DynamoDB and to the lock's server, those of all who wait included.",
        figures: ["requestsPerBuy"],
        unit: "",
        fractionDigits: 1,
        scale: "linear",
      },
      {
        title: `Oversold, of ${units} units: only 0 is right`,
        caption: "Without a guard every buyer who has read the same count wins.",
        figures: ["oversold"],
        unit: "units",
        fractionDigits: 0,
        scale: "linear",
      },
    ],
    targets: [
      ...everyRound(
        "Rounds in which the unguarded oversell",
        unguarded,
        rounds,
        ({ oversold }) => oversold > 0,
      ),
      ...everyRound(
        "Rounds in which a guarded one sells exactly the units",
        guarded,
        rounds,
        (count) => isExact(count, units),
      ),
      ...(ratioToBest
        ? [atLeast("Case 2's buys a second, of the best lock's,", 1, ratioToBest.median)]
        : []),
    ],
    notes: [
      ...(ratioToBest ? [conclusion(ratioToBest, best)] : []),
      `Buyers in 4 processes at most, on one ${engine} that keeps its data; a Redis with a replica, ` +
        "a ZooKeeper of three servers. All approaches by turns in each round; medians; ± is half the " +
        "distance of the quartiles; ratios within the round.",
      "lost: sales that the count does not know of. refused: buyers who were told to come again, or " +
        "that nothing is left, when something was. requests: to DynamoDB and to the lock's server, a " +
        "buy, with all that those who wait send.",
    ],
  };
};

const conclusion = ({ median: ratio, low, high }: Summary, best: ApproachUnderLock): string =>
  `Case 2 sells ${ratio.toFixed(1)} times as many units a second as the best lock of this run, ` +
  `${best.name}, ${best.fencing} (${low.toFixed(1)} to ${high.toFixed(1)}).`;

export const frozenPart = (setting: Setting, rounds: Rounds<Count>, units: number): Part => {
  const { approaches, buyers } = setting;
  const ran = approaches.filter(hasRun(setting));
  return {
    name: "frozen",
    title: `the same, with a holder frozen past its lease in every ${units} buys`,
    results: approaches.map((approach) =>
      resultOf(approach, setting, rounds, explainFrozen(approach)),
    ),
    columns: [
      { figure: "sold", title: "sold", fractionDigits: 0, showsSpread: true },
      { figure: "oversold", title: "oversold", fractionDigits: 0, showsBar: true },
      { figure: "lostUpdates", title: "lost", fractionDigits: 0 },
      { figure: "staleWritesRefused", title: "stale refused", fractionDigits: 0 },
      { figure: "falseRefusals", title: "refused", fractionDigits: 0 },
    ],
    charts: [
      {
        title: `Oversold, of ${units} units, with a frozen holder: only 0 is right`,
        caption: "A lock alone oversells. The token in the record, or the condition, does not.",
        figures: ["oversold"],
        unit: "units",
        fractionDigits: 0,
        scale: "linear",
      },
    ],
    targets: [
      ...everyRound(
        "Rounds in which the unfenced ones oversell",
        ran.filter((approach) => !isSafeWhenFrozen(approach)),
        rounds,
        ({ oversold }) => oversold > 0,
      ),
      ...everyRound(
        "Rounds in which a fenced one, Case 2 and the reserve sell exactly the units",
        ran.filter(isSafeWhenFrozen),
        rounds,
        (count) => isExact(count, units),
      ),
    ],
    notes: [
      `${units} units and ${buyers} buyers a round. The first who is about to write is stopped ` +
        "(SIGSTOP), having looked at its lease last thing before; it goes on (SIGCONT) when its lease " +
        `of ${leaseMs} ms is over and the others have sold out, and writes.`,
    ],
  };
};

const failureOrder = Object.values(failures);

export const recoveryPart = (setting: Setting, rounds: Rounds<Recovery>): Part => ({
  name: "recovery",
  title: "how long nobody buys after a holder is killed, and after its server has failed",
  results: setting.approaches
    .filter(isFirstOfItsName)
    .map((approach) => ({
      ...resultOf(approach, setting, rounds, explainRecovery(approach)),
      group: failures[serverOf[approach.name]],
      remark: `gives up ${givesUp[approach.name]}`,
    }))
    .toSorted((a, b) => failureOrder.indexOf(a.group) - failureOrder.indexOf(b.group)),
  columns: [
    { figure: "afterHolderKilledMs", title: "killed ms", fractionDigits: 0, showsBar: true },
    { figure: "afterServerFailedMs", title: "failed ms", fractionDigits: 0, showsBar: true },
  ],
  charts: [
    {
      title: "Nobody buys after a holder was killed: less is better",
      caption:
        "Whoever holds a lock when it dies is waited for until its lease or its session ends.",
      figures: ["afterHolderKilledMs"],
      unit: "ms",
      fractionDigits: 0,
      scale: "linear",
    },
    {
      title: "Nobody buys after the server has failed: less is better",
      caption: "With a supervisor that restarts, or promotes, at once.",
      figures: ["afterServerFailedMs"],
      unit: "ms",
      fractionDigits: 0,
      scale: "linear",
    },
  ],
  targets: [],
  notes: [
    "killed: the longest time without a sale after the process of one who was about to write was " +
      `killed (SIGKILL). Leases of ${leaseMs} ms, sessions of ${sessionTimeoutMs} ms, ${clockSkewMs} ms ` +
      "for clocks that differ: with yours it is as much longer.",
    "failed: the same after the server was killed. That it is noticed, and that somebody restarts or " +
      "promotes, takes no time here; Redis' Sentinel, say, waits for 30 s first. ZooKeeper's new " +
      "leader is all its own doing.",
  ],
});
