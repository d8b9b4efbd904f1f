/**
 * The findings about the core on AWS that are not mended yet. A run does not fail because of them. The
 * first seven have a scenario each (scenarios/known.ts), which fails until its finding is mended.
 * docs/performance.md describes all of them.
 */
import type { Violation, ViolationKind } from "./violation.ts";

export interface KnownFinding {
  number: number;
  title: string;
  /** Violations that are this finding and no other. */
  explains: Partial<Record<ViolationKind, RegExp>>;
}

export const knownFindings: readonly KnownFinding[] = [
  {
    number: 1,
    title: "A single write that meets a transaction is answered with a 500",
    explains: { internal_error: /TransactionConflictException/ },
  },
  {
    number: 2,
    title: "A count or an extension that the SDK repeats is applied twice",
    explains: { applied_twice: /UpdateItem of (Stock|Reservations)/ },
  },
  {
    number: 3,
    title: "Adjustments starve on a selling SKU",
    explains: { starved: /adjust/ },
  },
  {
    number: 4,
    title: "An order is held twice, or missed, while the index byOrder lags",
    explains: { order_held_twice: /./, order_end_missed: /over HTTP$/ },
  },
  {
    number: 5,
    title: "One inconsistent record stops the sweep",
    explains: { sweep_stopped: /./ },
  },
  {
    number: 6,
    title: "A request that is late passes, although its lease or its hold is over",
    explains: { lost_lease_write: /^(5\d|[6-9]\d) lines/, late_decision: /by attempt [23]/ },
  },
  {
    number: 7,
    title: "A popular SKU sells slower than its buyers come",
    explains: { slow: /./ },
  },
  {
    number: 8,
    title: "A refused cart calls lines short whose units are held by dead holds alone",
    explains: { false_shortage: /^beside a line that was short/ },
  },
  {
    number: 9,
    title: "A buyer who is overtaken is refused, although further dead holds have units for it",
    explains: { false_shortage: /^(reserve|placeOrder): overtaken/ },
  },
  {
    number: 10,
    title: "An adjustment is refused, although dead holds have units for it",
    explains: { false_shortage: /^adjustStock/ },
  },
  {
    number: 11,
    title: "A hold whose request waited for long is written when it is due already",
    explains: { late_decision: /^begun/ },
  },
];

/** The finding that a violation is; undefined for one that is new. */
export const findingOf = ({ kind, message }: Violation): KnownFinding | undefined =>
  knownFindings.find(({ explains }) => explains[kind]?.test(message) === true);

/** Returns true where a violation fails a run: it is new, or its finding is what the scenario shows. */
export const countsIn = (scenario: { finding?: number }, violation: Violation): boolean => {
  const finding = findingOf(violation);
  return finding === undefined || finding.number === scenario.finding;
};
