/** Both strategies in turns, over the same SKUs, and what their rounds say beside each other. */
import type { MultiItemStrategy } from "../../contract/tables.ts";
import { latencyFigures } from "../harness/latency-figures.ts";
import { runRounds, type RoundBounds } from "../harness/rounds.ts";
import { ratios, summarize } from "../report/statistics.ts";
import {
  countAlone,
  tryOrders,
  tryOrdersAmongOthers,
  type ContendedTries,
  type Figures,
  type Tries,
  type TriesBounds,
} from "./measure-orders.ts";
import type { ByStrategy, Shops } from "./shops.ts";

/** With nobody in the way. */
export const measureAlone = async (
  { own, counted, meter }: Shops,
  skus: readonly string[],
  bounds: RoundBounds & TriesBounds,
  signal: AbortSignal,
): Promise<ByStrategy<{ figures: Figures }>> => {
  const turn = async (strategy: MultiItemStrategy) => {
    const tries = await tryOrders(own[strategy], skus, bounds, signal);
    if (tries.latenciesMs.length < tries.tries) throw new Error("An order alone was refused.");
    return tries;
  };
  const turns = { leased: () => turn("leased"), optimistic: () => turn("optimistic") };
  const rounds = await runRounds(turns, bounds, signal);
  const measuredOf = async (strategy: MultiItemStrategy) => {
    const counts = await countAlone(counted[strategy], meter, skus);
    return { figures: { ...counts, ...timeFigures(rounds[strategy], rounds.optimistic) } };
  };
  return { leased: await measuredOf("leased"), optimistic: await measuredOf("optimistic") };
};

export interface Contended {
  figures: Figures;
  /** Of all rounds together: a share of the few tries in one of them says little. */
  held: number;
  tries: number;
}

export const measureContended = async (
  { own, crowd, conflicts }: Shops,
  skus: readonly string[],
  bounds: RoundBounds & TriesBounds,
  signal: AbortSignal,
): Promise<ByStrategy<Contended>> => {
  const turn = (strategy: MultiItemStrategy): Promise<ContendedTries> => {
    const shops = { own: own[strategy], crowd: crowd[strategy] };
    return tryOrdersAmongOthers(shops, conflicts, skus, bounds, signal);
  };
  const turns = { leased: () => turn("leased"), optimistic: () => turn("optimistic") };
  const rounds = await runRounds(turns, bounds, signal);
  const contendedOf = (strategy: MultiItemStrategy): Contended => {
    const ours = rounds[strategy];
    return {
      figures: { ...timeFigures(ours, rounds.optimistic), ...contentionFigures(ours) },
      held: sum(ours.map(({ latenciesMs }) => latenciesMs.length)),
      tries: sum(ours.map(({ tries }) => tries)),
    };
  };
  return { leased: contendedOf("leased"), optimistic: contendedOf("optimistic") };
};

const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);

const perSecond = ({ latenciesMs, elapsedMs }: Tries): number =>
  (latenciesMs.length * 1000) / elapsedMs;

/** @param reference the other strategy's, of the same rounds */
const timeFigures = (rounds: readonly Tries[], reference: readonly Tries[]): Figures => {
  const held = rounds.filter(({ latenciesMs }) => latenciesMs.length > 0);
  // Where the reference got nothing in, there is no ratio to it.
  const compared = reference.flatMap(({ latenciesMs }, index) =>
    latenciesMs.length > 0 ? [index] : [],
  );
  const rates = (of: readonly Tries[]) => compared.map((index) => perSecond(of[index]!));
  return {
    ...(held.length > 0 && latencyFigures(held.map(({ latenciesMs }) => latenciesMs))),
    perSecond: summarize(rounds.map(perSecond)),
    ...(compared.length > 0 && {
      ratioToOptimistic: summarize(ratios(rates(rounds), rates(reference))),
    }),
  };
};

const contentionFigures = (rounds: readonly ContendedTries[]): Figures => ({
  heldShare: summarize(rounds.map(({ latenciesMs, tries }) => (100 * latenciesMs.length) / tries)),
  busy: summarize(rounds.map(({ latenciesMs, tries }) => tries - latenciesMs.length)),
  conflictsPerSecond: summarize(rounds.map(({ conflictsPerSecond }) => conflictsPerSecond)),
  smallPerSecond: summarize(rounds.map(({ smallPerSecond }) => smallPerSecond)),
});
