/**
 * Contenders measured in turns. What the machine does besides hits neighbours in time alike, so that
 * each round compares them fairly, and many rounds tell the noise from the difference. Each round
 * begins with another one, since whoever is next inherits what the last one left to be done:
 *
 *     warm-up | raw engine http | engine http raw | http raw engine | …
 */

export interface RoundBounds {
  /** Rounds that are run and forgotten: compilers warm up, connections open, caches fill. */
  warmUpRounds: number;
  rounds: number;
}

/** Measures one turn of itself, whatever that yields: a load, latencies, a start in milliseconds. */
export type Contender<Sample> = () => Promise<Sample>;

/**
 * The first turn that rejects, or the signal, ends the rounds.
 *
 * @returns per contender its samples, one for each round, in the rounds' order
 */
export const runRounds = async <Name extends string, Sample>(
  contenders: Readonly<Record<Name, Contender<Sample>>>,
  { warmUpRounds, rounds }: RoundBounds,
  signal: AbortSignal,
): Promise<Record<Name, Sample[]>> => {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]]));
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      signal.throwIfAborted();
      const sample = await contenders[name]();
      if (round >= warmUpRounds) samples[name]!.push(sample);
    }
  }
  return samples as Record<Name, Sample[]>;
};
