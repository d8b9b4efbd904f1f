/** The CDK app: reads the context, nothing else. Every context is in docs/operations.md. */
import { App } from "aws-cdk-lib";
import { readContext } from "../lib/context.ts";
import { ContextError } from "../lib/context-reader.ts";
import { HoldfastStack } from "../lib/holdfast-stack.ts";

const app = new App();
try {
  new HoldfastStack(app, "Holdfast", readContext(app.node));
} catch (error) {
  if (!(error instanceof ContextError)) throw error;
  // Somebody mistyped an option: they need the sentence, not our stack.
  console.error(error.message);
  process.exit(1);
}
