/**
 * The oversell lab: `npm run lab`. Buyers from several processes race for the units of one SKU, by
 * every approach, on real servers: with nothing in their way, with a holder that is frozen past its
 * lease, and with holders and servers that are killed.
 * Next: oversell/buy.ts for what each approach does, oversell/race.ts for what is counted,
 * oversell/faults.ts for what is done to them.
 */
import { readArguments } from "./oversell/arguments.ts";
import { runLab } from "./oversell/run-lab.ts";

const argv = process.argv.slice(2);
const report = await runLab(readArguments(argv), new AbortController().signal, (l: string) =>
  console.error(l),
);
console.log(JSON.stringify(report));
