/** The stack that `cdk deploy` ships: one Holdfast, and the outputs by which people find it. */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Holdfast, type HoldfastProps } from "./holdfast.ts";

export interface HoldfastStackProps extends StackProps, HoldfastProps {}

export class HoldfastStack extends Stack {
  readonly holdfast: Holdfast;

  constructor(scope: Construct, id: string, props: HoldfastStackProps = {}) {
    super(scope, id, { description: "Holdfast: inventory reservations", ...props });
    this.holdfast = new Holdfast(this, "Holdfast", props);

    const { api, messaging, tables } = this.holdfast;
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output("ApiUrl", api.apiEndpoint, "The address of the API");
    output("StockTableName", tables.stock.tableName, "Counts per SKU");
    output("ReservationsTableName", tables.reservations.tableName, "Holds and what became of them");
    output("MovementsTableName", tables.movements.tableName, "The ledger of changes");
    output("LocksTableName", tables.locks.tableName, "Leases of orders of several lines");
    output("InventoryEventsTopicArn", messaging.inventoryEvents.topicArn, "What Holdfast tells");
    output("OrderEventsTopicArn", messaging.orderEvents.topicArn, "What Holdfast is told");
    output(
      "TryIt",
      firstCall(api.apiEndpoint),
      "A first call, to be signed as docs/operations.md says",
    );
  }
}

const firstCall = (apiUrl: string): string =>
  `curl -X PUT ${apiUrl}/v1/stock/sku-1 -H 'Content-Type: application/json' -d '{ "onHand": 100 }'`;
