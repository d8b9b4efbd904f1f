/**
 * The order in which Vitest starts the test files: the slowest first, whatever their tier, so that
 * none of them is left to run alone at the end. Vitest's own order is by tier and by size.
 */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that wait and files that compute by turns: those that run side by side are of both kinds. */
const slowest = [
  "test/conformance/redis.test.ts",
  "test/e2e/local-run.test.ts",
  "test/integration/orders.test.ts",
  "test/conformance/dynamodb.test.ts",
  "test/unit/local/run-events.test.ts",
  "test/e2e/oversell-lab.test.ts",
  "test/conformance/zookeeper.test.ts",
  "test/property/inventory.test.ts",
  "test/e2e/authorization.test.ts",
  "test/conformance/redisson.test.ts",
  "test/template/bundles.test.ts",
  "test/integration/expiry.test.ts",
  "test/conformance/curator.test.ts",
  "test/e2e/events.test.ts",
  "test/e2e/client.test.ts",
  "test/unit/local/run.test.ts",
  "test/conformance/redis-once.test.ts",
  "test/integration/audit.test.ts",
  "test/integration/reserve.test.ts",
  "test/conformance/zookeeper-session.test.ts",
  "test/e2e/orders.test.ts",
  "test/unit/local/streams.test.ts",
  "test/conformance/dynamodb-once.test.ts",
  "test/integration/publishing.test.ts",
  "test/integration/ledger.test.ts",
  "test/conformance/curator-interop.test.ts",
  "test/e2e/stampede.test.ts",
  "test/integration/order-events.test.ts",
  "test/integration/transitions.test.ts",
  "test/conformance/zookeeper-ensemble.test.ts",
];

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const index = slowest.indexOf(relative(this.ctx.config.root, moduleId));
      return index === -1 ? slowest.length : index;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- this is a sequencer, not an array
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
